// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/openbits/openbits"
)

// maxName is the longest name in bytes that the usual file systems of Unix take (NAME_MAX). NTFS takes
// 255 UTF-16 units, which are never more than as many bytes of UTF-8.
const maxName = 255

// checkNames refuses a place whose names are not of one element each, with kind invalid_name.
func checkNames(op string, p openbits.Place) error {
	for _, name := range []string{p.Name, p.Part} {
		if why := badName(name, runtime.GOOS == "windows"); why != "" {
			return invalidName(op, name, why)
		}
	}
	// Volumes that ignore case take names for one that differ in nothing else.
	if strings.EqualFold(p.Name, p.Part) {
		return invalidName(op, p.Name, "the part file has the same name")
	}
	return nil
}

func invalidName(op, name, why string) error {
	if len(name) > 64 {
		name = strings.ToValidUTF8(name[:64], "") + "…"
	}
	return &openbits.Error{
		Op: op, Object: fmt.Sprintf("%q", name), Kind: openbits.KindInvalidName, Context: openbits.ContextLocalFile,
		Text: why, Hint: "Choose another name for the file.", File: -1,
	}
}

// badName tells why name cannot name a file in a folder, or "".
func badName(name string, windows bool) string {
	switch {
	case name == "":
		return "the name is empty"
	case name == "." || name == "..":
		return "the name stands for a folder"
	case len(name) > maxName:
		return fmt.Sprintf("the name has %d bytes; %d are possible", len(name), maxName)
	case strings.ContainsRune(name, '/'):
		return "the name contains a slash"
	case strings.ContainsRune(name, 0):
		return "the name contains a NUL byte"
	case windows:
		return badWindowsName(name)
	}
	return ""
}

// badWindowsName knows the rules of Win32 ("Naming Files, Paths, and Namespaces").
func badWindowsName(name string) string {
	for _, c := range name {
		if c < ' ' || strings.ContainsRune(`\:<>"|?*`, c) {
			return fmt.Sprintf("the name contains %q, which Windows does not allow", c)
		}
	}
	if last := name[len(name)-1]; last == '.' || last == ' ' {
		return "the name ends with a dot or a space, which Windows drops"
	}
	// A device's name is reserved with every extension, and with spaces before it.
	base, _, _ := strings.Cut(name, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return "the name is that of a device on Windows"
	}
	for _, device := range []string{"COM", "LPT"} {
		if digit, ok := strings.CutPrefix(base, device); ok && strings.Contains(" 0 1 2 3 4 5 6 7 8 9 ¹ ² ³ ", " "+digit+" ") {
			return "the name is that of a device on Windows"
		}
	}
	return ""
}
