module github.com/openbits/openbits

go 1.26
