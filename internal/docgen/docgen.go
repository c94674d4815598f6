// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package docgen makes reference pages out of the comments of constants, so that a
// closed list has one place where each of its values is explained. The pages lie in
// docs/; the package's test compares them, and with -update rewrites them:
//
//	go test ./internal/docgen -update
package docgen

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
)

// Const is one value of a closed list.
type Const struct {
	Name  string // of the constant
	Value string
	Text  string // the sentence of its comment, without the name
	Group string // the comment above its group, without the full stop
}

// Constants reads the constants of type typ with explicit string values from a Go file, in
// their order. A constant without a sentence is an error.
func Constants(file, typ string) ([]Const, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var list []Const
	for _, decl := range parsed.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		heading := strings.TrimSuffix(oneLine(group.Doc.Text()), ".")
		for _, spec := range group.Specs {
			c, ok, err := constant(spec.(*ast.ValueSpec), typ)
			if err != nil {
				return nil, fmt.Errorf("cannot read %s: %w", file, err)
			}
			if ok {
				c.Group = heading
				list = append(list, c)
			}
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("cannot read %s: it has no constants of type %s", file, typ)
	}
	return list, nil
}

func constant(spec *ast.ValueSpec, typ string) (Const, bool, error) {
	if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != typ {
		return Const{}, false, nil
	}
	c := Const{Name: spec.Names[0].Name}
	literal, ok := spec.Values[0].(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return c, false, fmt.Errorf("%s has no explicit string", c.Name)
	}
	var err error
	if c.Value, err = strconv.Unquote(literal.Value); err != nil {
		return c, false, err
	}
	text := oneLine(spec.Doc.Text())
	for _, between := range []string{": ", " means ", " "} {
		if rest, ok := strings.CutPrefix(text, c.Name+between); ok {
			c.Text = strings.ToUpper(rest[:1]) + rest[1:]
			return c, true, nil
		}
	}
	return c, false, fmt.Errorf("the comment of %s does not begin with its name but is %q", c.Name, text)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
