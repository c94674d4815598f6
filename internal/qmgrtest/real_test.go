// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import (
	"bytes"
	"cmp"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// corpus reads a file of the corpus, which is not part of the project.
func corpus(t testing.TB, name string) []byte {
	t.Helper()
	path := filepath.Join(cmp.Or(os.Getenv("OPENBITS_CORPUS"), "../../../shared/corpus"), filepath.FromSlash(name))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("the corpus is not here; set OPENBITS_CORPUS to its folder: %v", err)
	}
	return b
}

// same compares with what Windows wrote, byte by byte.
func same(t *testing.T, got, want []byte) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("offset %#x: built % x, real % x", i, got[i:min(i+24, len(got))], want[i:min(i+24, len(want))])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("built %d bytes, real %d", len(got), len(want))
	}
}

// TestRealJob: the encoder, fed with the values of a real record of Windows 10 22H2, makes that record.
func TestRealJob(t *testing.T) {
	want := corpus(t, "qmgr/win10_job_blob.raw")
	at := Time(0x01d914e28c5b23f0)
	j := Job{
		ID: "266504ac-d974-446c-96ad-2be13a5665b0", Priority: Normal, State: Transferred, Name: "Chrome Component Updater",
		Description: "lmelglejhemejginpboagddgdfbepgmp_372_all_ZZ_djv5ss66g7sivnpz6ljtwr2zji.crx3",
		Owner:       "S-1-5-21-1079689790-2336414676-942872339-1001", NotifyFlags: 3, Integrity: Medium, SIDHash: 0x48386df2,
		Files: []File{{ID: "95d6889c-b2d3-4748-8eb1-9da0650cb892"}}, RetryDelay: 60, NoProgress: Day,
		Created: Time(0x01d914e27457a12e), Modified: at, Modified2: at, Completed: at, Pending: 1,
		MaxDownload: DefaultLife, CostPolicy: 0x80000065, Creator: `C:\Program Files\Chromium\Application\chrome.exe`, Method: "GET",
		Unknown: Unknown{AfterIntegrity: [2]uint32{1, 1}, AfterLife: [2]uint32{0x21, 0}},
	}
	j.Timers[Inactivity] = Timer{at, at.Add(DefaultLife * time.Second)}
	same(t, j.encode(GenerationOf("win10-22h2"), ""), want)
}

// TestRealFile: the same for a file.
func TestRealFile(t *testing.T) {
	want := corpus(t, "qmgr/win10_file_blob.raw")
	const name = "lmelglejhemejginpboagddgdfbepgmp_372_all_ZZ_djv5ss66g7sivnpz6ljtwr2zji.crx3"
	f := NewFile("http://edgedl.me.gvt1.com/edgedl/release2/chrome_component/i73exzs4s3qvwnxxzwp6zdbtbe_372/"+name,
		`C:\Users\bob\AppData\Local\Temp\chrome_BITS_9548_1667050988\`+name, 4782, Time(0x01d913d607448380))
	f.Temporary = `C:\Users\bob\AppData\Local\Temp\chrome_BITS_9548_1667050988\BITAC67.tmp`
	f.Volume, f.Serial = `\\?\Volume{08542f90-0000-0000-0000-501f00000000}\`, 0xd49d126f
	same(t, f.Bytes(GenerationOf("win10-22h2")), want)
}

// early is the job of Windows 10 1511 whose record is at hand: one that was made to run cmd.exe as SYSTEM.
func early() Job {
	modified := Time(0x01d2f8a0e37f1b70)
	f := File{
		Local: `c:\temp\vlc.exe`, Remote: "http://get.videolan.org/vlc/2.2.4/win64/vlc-2.2.4-win64.exe", Temporary: `c:\temp\BITFFC1.tmp`,
		Transferred: 9985, Total: 31717016, Drive: `c:\`, Volume: `\\?\Volume{2a13e171-4de9-43b1-870b-904239a3bf1b}\`, DriveType: Fixed,
		Serial: 0xc20c7329, RemoteSize: 31717016, Attributes: 0x80, Modified: Time(0x01d1bc1608006100),
	}
	j := Job{
		ID: "2f265c44-d606-40f4-ba5e-3c269739aa37", Priority: Normal, Name: "STST", Program: `c:\windows\System32\cmd.exe`, Owner: System,
		NotifyFlags: 3, Elevated: 1, Integrity: SystemLevel, Files: []File{f}, RetryDelay: DefaultRetry, NoProgress: DefaultNoProg,
		Created: Time(0x01d2f8a05a74814f), Modified: modified, Modified2: modified, MaxDownload: DefaultLife, CostPolicy: 0x80000067,
		Unknown: Unknown{AfterIntegrity: [2]uint32{0, 1}},
	}
	j.Timers[Inactivity] = Timer{modified, modified.Add(DefaultLife * time.Second)}
	return j
}

// TestRealEarlyJob: the same for a queue file's record, with its file.
func TestRealEarlyJob(t *testing.T) {
	want := corpus(t, "qmgr/win10early_job_fragment_system_cmd.bin")
	same(t, early().encode(GenerationOf("win10-1511"), ""), want)
}

// TestRealQueue: the same for queue files, but for the version, which is never that of Windows, and the checksum over it.
func TestRealQueue(t *testing.T) {
	for name, jobs := range map[string][]Job{
		"qmgr/win10early_no_jobs_qmgr0.dat": nil, "qmgr/win10early_one_job_constructed_qmgr0.dat": {early()},
	} {
		want := corpus(t, name)
		version := bytes.Clone(want[:16])
		end := bytes.LastIndex(want, version) + 16
		sum := crc32.ChecksumIEEE(want[:end])
		if got := want[end : end+4]; !bytes.Equal(got, []byte{byte(sum), byte(sum >> 8), byte(sum >> 16), byte(sum >> 24)}) {
			t.Fatalf("%s: the real checksum is % x, not %08x", name, got, sum)
		}
		same(t, Queue{Generation: GenerationOf("win10-1511"), Jobs: jobs}.encode(string(version), ""), want)
		built := Queue{Generation: GenerationOf("win10-1511"), Jobs: jobs}.Bytes()
		if bytes.Contains(built, version) {
			t.Errorf("%s: the built file has a version that Windows knows", name)
		}
		if n := bytes.Count(built, []byte(FileVersion)); n != 2 {
			t.Errorf("%s: the built file has FileVersion %d times, not twice", name, n)
		}
	}
}
