// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package term draws progress on a terminal. Its rules:
//
//  1. What a script may want is on standard output; everything drawn here is on standard error, and
//     only when that is a terminal. Otherwise there are plain lines, each true when it is printed and never changed.
//  2. The frame is the last few lines. It is redrawn in one write, ten times a second at most; lines above it are
//     history and stay. At the end the frame is gone and what remains are the lines that matter.
//  3. No line is wider than the terminal less one column, and the frame leaves a third of a small terminal alone:
//     eight rows of files at most, the others are one line. The size is asked for with every frame. When the terminal was
//     made narrower, the rows that its own re-wrapping made are erased too.
//  4. Columns do not dance: numbers keep their places, names are cut in the middle, so that the ending stays.
//     When there is no room, first the bar goes, then the sizes, the speed, the time left; the name and the percentage stay.
//  5. Colour only repeats what the words say. There is none with NO_COLOR, with TERM=dumb or away from a terminal.
//     Blocks are drawn only where the locale is UTF-8.
//  6. Text that came from anywhere else is shown without control characters: a server cannot move the cursor.
//  7. The cursor is never hidden, no mode is set, no other screen is entered. A program that is killed while it
//     draws leaves a terminal that needs no reset. Full alone does all of that, for a view that takes the whole terminal
//     because somebody asked for one, and undoes it whatever ends the program but SIGKILL.
//  8. Speeds are averages over the last seconds; a time left is shown only when a speed and a size are known.
package term
