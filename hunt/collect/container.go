// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"path"
	"strings"
)

// container is a kind of image or archive that is recognised and not opened.
type container struct {
	name string
	next string // what to do with it
	flat bool   // parts of files lie in it as they are, so that carving can find something
}

const (
	mountIt  = "mount it read-only and hunt through the mounted folder"
	unpackIt = "unpack it and hunt through the folder"
	carveIt  = ", or carve it as it lies (--carve)"
)

// containerMarks are the first bytes of each, from the formats' published descriptions.
var containerMarks = []struct {
	off  int
	mark string
	container
}{
	{0, "vhdxfile", container{"a VHDX disk image", mountIt + " (Windows: Mount-DiskImage -Access ReadOnly; Linux: guestmount --ro)", true}},
	{0, "conectix", container{"a VHD disk image", mountIt + " (Windows: Mount-DiskImage -Access ReadOnly; Linux: guestmount --ro)", true}},
	{0, "EVF\x09\x0d\x0a\xff\x00", container{"an EnCase disk image (E01)", "make it visible with ewfmount, " + mountIt, false}},
	{0, "EVF2\x0d\x0a\x81\x00", container{"an EnCase disk image (Ex01)", "make it visible with ewfmount, " + mountIt, false}},
	{0, "LVF\x09\x0d\x0a\xff\x00", container{"an EnCase logical image (L01)", "export its files and hunt through the folder", false}},
	{0, "LVF2\x0d\x0a\x81\x00", container{"an EnCase logical image (Lx01)", "export its files and hunt through the folder", false}},
	{0, "KDMV", container{"a VMDK disk image", mountIt + " (guestmount --ro)", true}},
	{0, "COWD", container{"a VMDK disk image", mountIt + " (guestmount --ro)", true}},
	{0, "# Disk DescriptorFile", container{"the description of a VMDK disk image", mountIt + " (guestmount --ro)", false}},
	{0, "QFI\xfb", container{"a QCOW disk image", mountIt + " (guestmount --ro)", true}},
	{0x40, "\x7f\x10\xda\xbe", container{"a VDI disk image", mountIt + " (guestmount --ro)", true}},
	{0, "AFF10\x0d\x0a", container{"an AFF disk image", "make it visible with affuse, " + mountIt, false}},
	{0, "MSWIM\x00\x00\x00", container{"a WIM image", mountIt + " (Mount-WindowsImage -ReadOnly; wimmount)", false}},
	{0, "7z\xbc\xaf\x27\x1c", container{"a 7z archive", unpackIt + " (7z x)", false}},
	{0, "Rar!\x1a\x07", container{"a RAR archive", unpackIt + " (unrar x)", false}},
	{0, "\x1f\x8b\x08", container{"compressed with gzip", unpackIt + " (tar -xzf, or gunzip)", false}},
	{0, "BZh", container{"compressed with bzip2", unpackIt + " (tar -xjf, or bunzip2)", false}},
	{0, "\xfd7zXZ\x00", container{"compressed with xz", unpackIt + " (tar -xJf, or unxz)", false}},
	{0, "\x28\xb5\x2f\xfd", container{"compressed with zstd", unpackIt + " (tar --zstd -xf, or unzstd)", false}},
	{257, "ustar", container{"a tar archive", unpackIt + " (tar -xf)", true}},
	{0, "MSCF\x00\x00\x00\x00", container{"a cabinet archive", unpackIt + " (expand -F:*, or cabextract)", false}},
}

// containerOf recognises an image or archive by its first bytes, and a VHD of fixed size by its last sector.
func containerOf(head, tail []byte) (container, bool) {
	for _, c := range containerMarks {
		if at(head, c.off, c.mark) {
			return c.container, true
		}
	}
	if at(tail, 0, "conectix") {
		return containerMarks[1].container, true
	}
	return container{}, false
}

// worth reports whether a container deserves a line of its own: those of evidence do, and not each
// compressed file of a disk.
func (c container) worth(name string, direct bool) bool {
	if direct || strings.HasPrefix(c.name, "a ") && strings.Contains(c.name, "image") || strings.HasPrefix(c.name, "an ") {
		return true
	}
	switch path.Ext(strings.ToLower(name)) {
	case ".7z", ".rar", ".tar", ".tgz", ".gz", ".xz", ".zst", ".bz2":
		return true
	}
	return false
}

func (c container) note() string {
	n := "it is " + c.name + ": " + c.next
	if c.flat {
		n += carveIt
	}
	return n
}

// rawMarks are images and dumps without a structure that carving would have to know.
var rawMarks = []struct {
	off  int
	mark string
	name string
}{
	{0, "PAGEDU64", "a memory dump of Windows"},
	{0, "PAGEDUMP", "a memory dump of Windows"},
	{0, "MDMP", "a dump of a process"},
	{0, "EMiL", "an image of memory (LiME)"},
	{0, "HIBR", "a hibernation file, which is compressed in parts"},
	{0, "hibr", "a hibernation file, which is compressed in parts"},
	{3, "NTFS    ", "an image of an NTFS volume"},
	{3, "-FVE-FS-", "an image of a volume that BitLocker encrypts"},
	{512, "EFI PART", "an image of a disk"},
	{510, "\x55\xaa", "an image of a disk or volume"},
}

// rawOf names what kind of image head is the beginning of.
func rawOf(head []byte) (string, bool) {
	for _, m := range rawMarks {
		if at(head, m.off, m.mark) {
			return m.name, true
		}
	}
	return "", false
}
