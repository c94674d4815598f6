// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package queuetest

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/openbits/openbits"
)

// fill gives every field of the struct that p points to a value that no other field has, so
// that a field which a store forgets, or takes for another, shows. New fields are found by themselves.
func fill(p any, seed int) {
	f := filler{n: seed}
	f.set(reflect.ValueOf(p).Elem(), "")
	switch v := p.(type) {
	case *openbits.Job:
		v.Rate, v.Transport = 0, nil
	case *openbits.JobRow:
		v.Job.Rate, v.Job.Transport = 0, nil
	case *openbits.File:
		v.Upload.Source.Part = "" // a source has none
	}
}

type filler struct{ n int }

var (
	timeType  = reflect.TypeFor[time.Time]()
	errorType = reflect.TypeFor[error]()
)

func (f *filler) set(v reflect.Value, name string) {
	f.n++
	switch {
	case v.Type() == timeType:
		v.Set(reflect.ValueOf(time.Date(2026, 3, 1, 12, 0, f.n, f.n*1000, time.UTC)))
	case v.Type() == errorType:
		v.Set(reflect.ValueOf(errors.New("cause " + fmt.Sprint(f.n))))
	default:
		f.setKind(v, name)
	}
}

func (f *filler) setKind(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("%s-%d", name, f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Uint32:
		v.SetUint(uint64(f.n))
	case reflect.Uint8:
		v.SetUint(uint64(f.n % 256))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.set(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range v.Len() {
			f.set(v.Index(i), name)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f.set(v.Field(i), v.Type().Field(i).Name)
		}
	default:
		panic(fmt.Sprintf("queuetest: fill does not know %s of type %s", name, v.Type()))
	}
}
