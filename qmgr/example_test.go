// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr_test

import (
	"bytes"
	"fmt"
	"log"
	"time"

	"github.com/openbits/openbits/internal/qmgrtest"
	"github.com/openbits/openbits/qmgr"
)

// file stands for a file: anything that is an io.ReaderAt will do.
func file() (*bytes.Reader, int64) {
	at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	j := qmgrtest.NewJob("Updates", qmgrtest.System, at, qmgrtest.NewFile("http://192.0.2.7/a.exe", `C:\Windows\Temp\a.exe`, 4096, at))
	j.Program, j.Arguments = `C:\Windows\System32\cmd.exe`, `cmd.exe /c C:\Windows\Temp\a.exe`
	old := []qmgrtest.Job{j.In(qmgrtest.Suspended, at), j}
	data := qmgrtest.Database{
		Generation: qmgrtest.GenerationOf("win11-24h2"), Jobs: []qmgrtest.Job{j.In(qmgrtest.Transferred, at.Add(time.Minute))}, Versions: old,
		Dirty: true, Logs: [2]uint32{23, 23},
	}.Bytes()
	return bytes.NewReader(data), int64(len(data))
}

// The jobs of a queue, each with all its states that were found.
func Example() {
	r, size := file()
	q, err := qmgr.Read(r, size, qmgr.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(q.Windows, q.State, "needs logs", q.Needed)
	for _, h := range q.Histories() {
		fmt.Printf("%q runs %s\n", h.Best.Name, h.Best.Parameters)
		for _, j := range h.Versions {
			fmt.Println(j.Modified.Format(time.TimeOnly), j.State, j.Place.Layer)
		}
		for _, f := range h.Best.Files {
			fmt.Println(f.File.URL, "to", f.File.Local, "known by", f.Tie)
		}
	}
	for _, note := range q.Notes {
		fmt.Println("damaged:", note)
	}
	// Output:
	// Windows 11 24H2 or Server 2025 dirty needs logs [23]
	// "Updates" runs cmd.exe /c C:\Windows\Temp\a.exe
	// 07:08:09 suspended version
	// 07:08:09 queued version
	// 07:09:09 transferred live
	// http://192.0.2.7/a.exe to C:\Windows\Temp\a.exe known by row
}

// Records in anything: unallocated space, memory, an image of a disk.
func ExampleCarve() {
	r, size := file()
	data := make([]byte, size)
	if _, err := r.ReadAt(data, 0); err != nil {
		log.Fatal(err)
	}
	image := append([]byte("anything"), data[len(data)/2:]...)
	jobs := 0
	for found, err := range qmgr.Carve(bytes.NewReader(image), int64(len(image)), qmgr.Options{}) {
		switch {
		case err != nil:
			fmt.Println("cannot be read:", err)
		case found.Job != nil:
			jobs++
		}
	}
	fmt.Println(jobs > 0)
	// Output: true
}

func ExampleJob_Openbits() {
	r, size := file()
	q, err := qmgr.Read(r, size, qmgr.Options{})
	if err != nil {
		log.Fatal(err)
	}
	job, files := q.Jobs[0].Openbits()
	fmt.Println(job.Name, job.State, job.BytesDone, job.Expires.Format(time.DateOnly), files[0].URL, files[0].State)
	// Output: Updates transferred 4096 2024-08-04 http://192.0.2.7/a.exe transferred
}
