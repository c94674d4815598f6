// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package evtx reads Windows event logs (.evtx files) that Windows Vista and its successors write.
//
// It is made for evidence: it only ever reads, through an [io.ReaderAt], and it takes what is there. A log that is
// open on a running machine (dirty), cut off, bit-flipped, cleared or without its header is read as far as its bytes
// go. Whatever could not be read is said by an [Error] that names chunk and offset.
//
//	file, err := os.Open("Microsoft-Windows-Bits-Client%4Operational.evtx")
//	…
//	log, err := evtx.Open(file, size)
//	…
//	for event, err := range log.Events() {
//		if err != nil {
//			fmt.Println("damage:", err)
//			continue
//		}
//		fmt.Println(event.System.ID, event.System.Time, event.Field("url"))
//	}
//
// # What is read
//
// [Log.Events] answers the events that the log itself counts as its own, oldest first. [Log.Recovered] answers the others, in
// the order of the file: records behind the last one of a chunk, in chunks that the header does not count, in places where a
// chunk's header was overwritten, and in chunks and records found by their signature anywhere else. Each says where it
// was found ([Place]) and how much of it is left ([State]). [Carve] does the same in any stream: a memory image,
// unallocated space, a file of another kind. [Log.Survey] counts all of it. The same record may be found in several places; [Seen] tells copies.
//
// An [Event] has the fields of its System element as Go values; [Event.Fields] are those of EventData or UserData, in order and with
// their types. [Event.AppendXML] and [Event.AppendJSON] render an event whole. All but System is decoded when it is asked for.
//
// # What is promised
//
// No input makes the package panic. Memory does not grow with the size of the stream: a chunk (64 KiB) is held while
// its events are, and a record cannot unfold into more than 32 times its size plus 8 KiB of values. A [Log] may be used by several
// goroutines at once; so may an [Event], which must not outlive changes of the slices that it gave out.
//
// The format is described in docs/formats/evtx.md.
package evtx
