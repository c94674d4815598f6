// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"net/url"
	"strings"
)

// ExtensionKinds say what a file's extension makes of it, on Windows.
var ExtensionKinds = [][2]string{
	{"program", "exe dll com scr pif cpl sys drv ocx ax efi msi msp mst msix msixbundle appx appxbundle jar xll wll tsp"},
	{"script", "ps1 psm1 psd1 ps1xml bat cmd vbs vbe vb js jse ws wsf wsc wsh sct hta inf reg lnk url scf chm hlp gadget application settingcontent-ms py pyw rb pl sh msc job library-ms searchconnector-ms"},
	{"archive", "zip 7z rar tar gz tgz bz2 xz cab iso img vhd vhdx ace arj wim"},
	{"image", "jpg jpeg jpe png gif bmp ico tif tiff webp svg heic jfif"},
	{"document", "doc docx docm dot dotm xls xlsx xlsm xlsb ppt pptx pptm pdf rtf odt ods txt csv htm html xml md json log ini yml yaml css"},
	{"media", "mp3 mp4 m4a avi mkv wav mov wmv flac ogg ts webm"},
	{"package", "crx crx3 mar nupkg vsix msu psf xpi deb rpm apk"},
	{"web", "php asp aspx jsp cgi ashx"},
	{"data", "dat bin tmp db tm_ part partial download lzx oab"},
}

var kindOfExtension = func() map[string]string {
	all := map[string]string{}
	for _, k := range ExtensionKinds {
		for _, ext := range strings.Fields(k[1]) {
			all[ext] = k[0]
		}
	}
	return all
}()

// maxExtension is the longest extension that is one, and not part of a name, in bytes.
const maxExtension = 20

// extension is a file name's, in lower case and without the dot, with its kind: one of those above, "other" or "none".
func extension(name string) (ext, kind string) {
	name = strings.TrimRight(name, ". ") // Windows drops them
	at := strings.LastIndexByte(name, '.')
	if at < 0 || at == len(name)-1 || len(name)-at-1 > maxExtension || strings.ContainsAny(name[at:], `{}%&=`) {
		return "", "none"
	}
	ext = strings.ToLower(name[at+1:])
	if kind, ok := kindOfExtension[ext]; ok {
		return ext, kind
	}
	return ext, "other"
}

// lastPart is the file name that a URL's path ends with.
func lastPart(path string) string {
	path = strings.ReplaceAll(path, `\`, "/")
	name := path[strings.LastIndexByte(path, '/')+1:]
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}
