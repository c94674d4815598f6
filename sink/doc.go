// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package sink puts bytes on disk: it keeps hidden part files beside the place
// where a file will stand, and publishes them under their final names when they
// are whole. Everything happens with the rights of the process that it runs in,
// which is the owner of the job.
//
// What it promises:
//
//   - Nothing is written outside the folder that was named. A folder is opened
//     once, its identity is compared with the one that was recorded, and every
//     file in it is reached from that open folder by a name of one element,
//     never through a link.
//   - A part file is made exclusively, readable by its owner alone, and opened
//     again only if it is a plain file of the same owner with a single name.
//   - A final name never shows a file that is not whole: content is synced
//     before the rename, the folder after it. A crash leaves the part file or
//     the final file, and publishing again settles which.
//   - Nothing is replaced unless the publication says so, and then only a plain
//     file or a link, which is replaced itself.
//
// What stands in for a feature that a system or a file system lacks is said
// where it is done: dir_*.go, move_*.go and volume_*.go.
package sink
