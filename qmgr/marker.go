// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import "encoding/hex"

// Marks by which records are known, as they lie on disk.
var (
	queueMagic     = mark("13F72BC84099124A9F1A3AAEBD894EEA") // of a legacy file
	queueMarker    = mark("47445F00A9BDBA449851C47BB6C07ACE") // around the lists of a legacy file
	transferMarker = mark("36DA56776F515A43ACAC44A248FFF34D") // before and after the files of a job, in every version
	fileMarker     = mark("E4CF9E5146D99743B73E268513051AB2") // around a file record of a database
	rangesMarker   = mark("2EB0AD7ACF8B2E4DB82F4319D2FB5F75") // around a part of a file record
	dpapiProvider  = mark("D08C9DDF0115D1118C7A00C04FC297EB") // in each blob of DPAPI
	versionWin7    = mark("F56A192B7C008F438D121CFCA4CC9B76") // first in a legacy file
	versionWin10   = mark("2832ED09A6C7E9458F6D36D946C27C3E")
)

// markerInfo is what is known of the marker of a job record.
type markerInfo struct {
	marker     GUID
	generation string // what it was seen in
	upload     bool   // the record is of an upload, by the sources
	form       Form
}

// jobMarkers are the known markers of job records. Sources: samples (Windows 7, Windows 10 before 1607, BITS 10.3.2 downloads); the
// reverse engineering of ANSSI's bits_parser and of an open reader for dissect.target for the others. More than one Windows
// shares a marker, so the words are a hint.
var jobMarkers = []markerInfo{
	{mark("93362035A00C104A84F3B17E7B499CD7"), "Windows 7", false, FormLegacy},
	{mark("101370C83653B34183E581557F361B87"), "Windows Vista to 8.1", false, FormLegacy},
	{mark("8C93EA64030F6840B46FF97FE51D4DCD"), "Windows Vista to 8.1", false, FormLegacy},
	{mark("B346ED3D3B10F944BC2FE8378BD31986"), "Windows 8 to 10 1511", false, FormLegacy},
	{mark("74E70C81D2BBCC489E47862E8D58F3C6"), "Windows XP x64 or Server 2003", false, FormLegacy},
	{mark("A15609E143AFC94292E66F9856EBA7F6"), "BITS 10.3.2 download", false, FormESE},
	{mark("D057568F2C013E4EAD2CF4A5D7656FAF"), "BITS 10.3.2 upload", true, FormESE},
	{mark("385C71031F28CA4098139DE91A5A84D1"), "BITS 10.3.1 download", false, FormESE},
	{mark("D81ED368D534E14F892394ABCBF4C1CF"), "BITS 10.3.0 upload", true, FormESE},
	{mark("9F95D44C6470F24B84D7476A7E62699F"), "Windows 10 or 11, an older build or another kind", false, FormESE},
	{mark("F11926A93203BF4C9427898818958831"), "Windows 10 or 11, an older build or another kind", false, FormESE},
	{mark("C133BCDDFB5AAF4DB8A12268B39D01AD"), "Windows 10 or 11, an older build or another kind", false, FormESE},
	{mark("5067419457031D46A4CC5DD9990706E4"), "Windows 10 or 11, an older build or another kind", false, FormESE},
}

func mark(s string) GUID {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 16 {
		panic("qmgr: " + s + " is no marker") // a constant of this file
	}
	return GUID(b)
}

func knownMarker(m GUID) (markerInfo, bool) {
	for _, k := range jobMarkers {
		if k.marker == m {
			return k, true
		}
	}
	return markerInfo{}, false
}

// Generation is the Windows or BITS release whose records begin with a marker; "" for a marker that is not known. It is a
// hint: releases share markers.
func Generation(marker GUID) string {
	k, _ := knownMarker(marker)
	return k.generation
}
