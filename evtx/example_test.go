// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx_test

import (
	"bytes"
	"fmt"

	"github.com/openbits/openbits/evtx"
	"github.com/openbits/openbits/internal/evtxtest"
)

// sample is a small log; in a program it would be a file and its size.
func sample() *bytes.Reader { return bytes.NewReader(evtxtest.Sample(1, 3).Bytes()) }

func Example() {
	file := sample()
	log, err := evtx.Open(file, file.Size())
	if err != nil {
		fmt.Println(err)
		return
	}
	for event, err := range log.Events() {
		if err != nil {
			fmt.Println("damage:", err)
			continue
		}
		fmt.Println(event.System.RecordID, event.System.ID, event.System.Time.Format("15:04:05"), event.Field("url"))
	}
	// Output:
	// 1 59 07:08:10 https://files.example/1?a=1&b=2
	// 2 60 07:08:11 https://files.example/2?a=1&b=2
	// 3 3 07:08:12 https://files.example/3?a=1&b=2
}

func ExampleEvent_Fields() {
	file := sample()
	log, _ := evtx.Open(file, file.Size())
	for event := range log.Events() {
		for _, field := range event.Fields() {
			fmt.Printf("%s (%s): %s\n", field.Name, field.Value.Type(), field.Value)
		}
		break
	}
	// Output:
	// name (String): job 1
	// url (String): https://files.example/1?a=1&b=2
}

// A memory image, or unallocated space of a disk: what is left of logs is found anywhere.
func ExampleCarve() {
	image := append(bytes.Repeat([]byte("memory "), 3000), evtxtest.Sample(1, 2).Bytes()[4096:]...)
	for event, err := range evtx.Carve(bytes.NewReader(image), int64(len(image))).Recovered() {
		if err != nil {
			continue
		}
		fmt.Printf("%s, %s, at offset %d: event %d\n", event.Place.Layer, event.State, event.Place.Offset, event.System.ID)
	}
	// Output:
	// carved, whole, at offset 21512: event 59
	// carved, whole, at offset 23216: event 60
}

func ExampleLog_Survey() {
	file := sample()
	log, _ := evtx.Open(file, file.Size())
	survey := log.Survey()
	fmt.Println(survey.Layers[evtx.Live], "events,", len(survey.Gaps), "gaps,", len(survey.Problems), "problems")
	for _, kind := range survey.Kinds {
		fmt.Println(kind.Count, kind.ID, kind.Provider)
	}
	// Output:
	// 3 events, 0 gaps, 0 problems
	// 1 3 Test-Provider
	// 1 59 Test-Provider
	// 1 60 Test-Provider
}
