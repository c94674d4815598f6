// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

// nodeRecord is the size of what all records about a node begin with: type, process,
// database, page, its time and its time before, transaction, level, line, flags,
// version, root of the tree, object id (LRNODE_ of Microsoft's published logapi.hxx).
const nodeRecord = 44

// recordShape is the size of a kind of log record: a fixed part, and parts whose sizes
// lie in 16-bit words of it.
type recordShape struct {
	fixed int
	parts []int // offsets of the words
}

// recordShapes lists the kinds of log records (logapi.hxx, CbLGSizeOfRec of logread.cxx).
// Kinds that are not here, and have no rule in recordSize, are unknown.
var recordShapes = map[uint8]recordShape{
	1: {568, nil}, 2: {18, nil}, 3: {9, nil}, 4: {1, nil}, 5: {4, nil}, 6: {4, nil}, 7: {4, nil}, 8: {8, nil}, 9: {8, nil},
	10: {7, nil}, 11: {11, nil}, 12: {11, nil}, 13: {11, nil},
	15: {75, []int{72}}, 16: {7, []int{4}}, 17: {1, nil}, 18: {18, nil}, 19: {3, []int{1}}, 20: {3, []int{1}},
	21: {4, nil}, 22: {5, []int{3}}, 23: {1, nil}, 24: {56, nil}, 25: {48, nil}, 26: {60, nil},
	27: {102, []int{96, 98, 100}}, 28: {88, []int{86}},
	29: {50, []int{44, 46, 48}}, 30: {48, []int{44, 46}}, 31: {52, []int{44, 46}}, 32: {44, nil}, 35: {44, nil},
	36: {56, []int{44, 46, 54}}, 37: {54, []int{44, 46}}, 38: {46, []int{44}}, 39: {51, []int{44, 46}}, 42: {22, nil},
	45: {3, []int{1}}, 46: {5, []int{3}}, 48: {46, []int{44}}, 49: {576, nil}, 50: {26, nil}, 51: {9, nil}, 52: {26, nil},
	53: {8, nil}, 55: {3, nil}, 57: {3, nil}, 58: {68, nil}, 59: {3, []int{1}}, 60: {35, []int{33}}, 61: {5, []int{3}},
	64: {54, []int{52}}, 66: {46, nil}, 76: {7, []int{5}}, 77: {3, []int{1}}, 78: {10, nil}, 79: {4, nil}, 80: {26, nil},
	81: {10, nil}, 92: {14, nil}, 93: {58, []int{44, 46}}, 94: {10, nil}, 95: {20, nil}, 96: {16, nil}, 97: {2, nil},
	98: {27, nil}, 99: {18, nil}, 100: {11, nil}, 101: {19, nil},
}

// recordSize is the size of the log record that b begins with. It is false for
// unknown kinds, and where b is too short to tell.
func recordSize(b []byte) (int, bool) {
	kind := b[0]
	size := int64(0)
	switch {
	case kind == 14: // CreateDB: a path, and versions when bit 2 of its flags is set
		size = 43 + int64(u16(b, 40))
		if len(b) > 42 && b[42]&4 != 0 {
			size += 4
		}
	case kind == RecordReplace, kind == RecordReplaceDelta: // the top bit of the size is a flag
		size = 50 + int64(u16(b, 44)&0x7fff)
	case kind == 54: // PrepCommit
		size = 7 + int64(u32(b, 3))
	case kind == 62: // Split2: keys and an image of the page before
		size = 110 + int64(u16(b, 96)) + int64(u16(b, 98)) + int64(u16(b, 100)) + int64(u32(b, 106))
	case kind == 63: // Merge2
		size = 96 + int64(u16(b, 86)) + int64(u32(b, 92))
	case kind == 65: // PageMove: two parts of the page
		size = 96 + int64(u32(b, 88)) + int64(u32(b, 92))
	case kind >= 67 && kind <= 75, kind >= 82 && kind <= 91: // kinds that older versions skip
		size = 5 + int64(u32(b, 1))
	default:
		shape, known := recordShapes[kind]
		if !known {
			return 0, false
		}
		size = int64(shape.fixed)
		for _, at := range shape.parts {
			size += int64(u16(b, at))
		}
	}
	return int(min(size, maxRecord+1)), size <= maxRecord
}
