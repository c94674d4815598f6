// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/openbits/openbits/hunt/evidence"
)

// Ways that a host got its name, from strong to weak.
const (
	ByRegistry = "registry"
	ByEvents   = "events"
	ByFolder   = "folder"
	ByReport   = "report"
)

var namings = []string{ByRegistry, ByEvents, ByReport, ByFolder}

// group is what belongs together by its place: it becomes a host, or a part of one.
type group struct {
	root    string
	name    string
	named   string
	aliases []string
	members []*Member
	saved   []Saved
}

// hosts sorts the members by the computer that they are of.
func (w *walker) hosts() []*Host {
	w.dropForeignLogs()
	units := map[string][]*Member{}
	var rest []*Member // of which nothing but the path could say whose they are
	for _, m := range w.members {
		if m.evident() {
			units[m.unit.root] = append(units[m.unit.root], m)
		} else {
			rest = append(rest, m)
		}
	}
	var groups []*group
	for _, root := range slices.Sorted(maps.Keys(units)) {
		groups = append(groups, divide(root, units[root])...)
	}
	for _, g := range groups {
		if strings.EqualFold(g.name, evidence.NoHost) { // what bears that name is not judged
			g.name = "unnamed"
		}
	}
	groups = append(groups, w.saved...)
	hosts := merge(groups)
	attach(&hosts, groups, rest)
	for _, h := range hosts {
		slices.SortStableFunc(h.Members, func(a, b *Member) int { return strings.Compare(a.Path, b.Path) })
		h.Members = summarize(h.Members, w.o.Limits.Listed)
	}
	slices.SortStableFunc(hosts, func(a, b *Host) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return hosts
}

// evident reports whether a member makes a host: there is something of a computer in it.
func (m *Member) evident() bool {
	if m.Status != "" || m.own {
		return false
	}
	return m.Kind != Other && m.Kind != Container && m.Kind != Aside && m.Kind != Report
}

// dropForeignLogs leaves out transaction logs of other databases than queues: those that neither lie in BITS's folder, nor beside a
// queue, nor were named.
func (w *walker) dropForeignLogs() {
	queues := map[string]bool{}
	for _, m := range w.members {
		if m.Kind == QueueDB && m.Status == "" {
			queues[m.unit.dir] = true
		}
	}
	for _, m := range w.members {
		if m.Kind == DatabaseLog && !m.unit.downloader && !m.Direct && !queues[m.unit.dir] {
			m.Kind, m.Status = Other, evidence.Skipped
		}
	}
}

// divide makes one group of a unit, or several when what lies in one folder is of several computers.
func divide(root string, members []*Member) []*group {
	queues, members := standAlone(root, members)
	var logs, others []*Member
	anchored := false
	for _, m := range members {
		anchored = anchored || m.unit.anchored
		if m.Kind == EventLog && m.Computer != "" && !m.forwarded() {
			logs = append(logs, m)
		} else {
			others = append(others, m)
		}
	}
	g := &group{root: root, members: members}
	for _, m := range others {
		if m.Kind == Hive && m.Computer != "" {
			g.name, g.named = m.Computer, ByRegistry
		}
	}
	names := computers(logs)
	switch {
	case len(members) == 0:
		return queues
	case g.named == ByRegistry:
		g.aliases = names
	case len(names) == 1, len(names) > 1 && anchored:
		g.name, g.named, g.aliases = names[0], ByEvents, names[1:]
	case len(names) > 1:
		byName := map[string]*group{}
		for _, n := range names {
			byName[n] = &group{root: root, name: n, named: ByEvents}
			queues = append(queues, byName[n])
		}
		for _, m := range logs {
			byName[m.Computer].members = append(byName[m.Computer].members, m)
		}
		if len(others) == 0 {
			return queues
		}
		g = &group{root: root, name: folderName(root), named: ByFolder, members: others}
	default:
		g.name, g.named = folderName(root), ByFolder
	}
	return append(queues, g)
}

// computers lists the names that logs bear, the one that most of them do first, then the newest.
func computers(logs []*Member) []string {
	count, newest := map[string]int{}, map[string]int64{}
	for _, m := range logs {
		count[m.Computer]++
		newest[m.Computer] = max(newest[m.Computer], m.newest)
	}
	return slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(newest[b], newest[a]), strings.Compare(a, b))
	})
}

// standAlone takes queues out of a folder that holds several, under names that Windows does not give: somebody put those
// of several computers there, and named them so.
func standAlone(root string, members []*Member) (alone []*group, rest []*Member) {
	perDir := map[string]int{}
	for _, m := range members {
		if m.Kind == QueueDB || m.Kind == QueueFile {
			perDir[m.unit.dir]++
		}
	}
	byName := map[string]*group{}
	for _, m := range members {
		queue := m.Kind == QueueDB || m.Kind == QueueFile
		name, own := stem(m.base)
		if !queue || own || perDir[m.unit.dir] < 2 || m.unit.anchored {
			rest = append(rest, m)
			continue
		}
		if byName[name] == nil {
			byName[name] = &group{root: root, name: name, named: ByFolder}
			alone = append(alone, byName[name])
		}
		byName[name].members = append(byName[name].members, m)
	}
	return alone, rest
}

// stem is the name of a queue's file without what says that it is one; own: it is the name that Windows gives.
func stem(base string) (name string, own bool) {
	name = strings.TrimSuffix(base, path.Ext(base))
	lower := strings.ToLower(name)
	for _, q := range []string{"qmgr0", "qmgr1", "qmgr"} {
		if lower == q {
			return "", true
		}
		if strings.HasSuffix(lower, q) {
			return strings.TrimRight(name[:len(name)-len(q)], "-_. "), false
		}
		if strings.HasPrefix(lower, q) {
			return strings.TrimLeft(name[len(q):], "-_. "), false
		}
	}
	return name, false
}

// Names of archives as collectors make them: Velociraptor, KAPE.
var collectorNames = []*regexp.Regexp{
	regexp.MustCompile(`^Collection-(.+)-\d{4}-\d\d-\d\dT\d\d_\d\d_\d\d.*$`),
	regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d{6}_(.+)$`),
}

// folderName makes a name of the folder or archive that stands for a computer.
func folderName(root string) string {
	name := path.Base(root)
	if inArchive, ok := strings.CutSuffix(name, "!"); ok {
		name = strings.TrimSuffix(inArchive, path.Ext(inArchive))
	}
	for _, re := range collectorNames {
		if m := re.FindStringSubmatch(name); m != nil {
			name = m[1]
		}
	}
	if name == "." || name == "/" || name == "" {
		return "unnamed"
	}
	return name
}

// merge makes hosts of groups: a computer that was collected twice is one.
func merge(groups []*group) []*Host {
	key := shortNames(groups)
	byKey := map[string]*Host{}
	var hosts []*Host
	// The strongest name of a host is the one that it gets.
	order := slices.Clone(groups)
	slices.SortStableFunc(order, func(a, b *group) int {
		return cmp.Compare(slices.Index(namings, a.named), slices.Index(namings, b.named))
	})
	for _, g := range order {
		k := key(g.name)
		h := byKey[k]
		if h == nil {
			h = &Host{Name: g.name, Named: g.named}
			byKey[k] = h
			hosts = append(hosts, h)
		}
		h.Members = append(h.Members, g.members...)
		h.Aliases = append(h.Aliases, g.aliases...)
		h.Aliases = append(h.Aliases, g.name)
		h.Saved = append(h.Saved, g.saved...)
	}
	for _, h := range hosts {
		slices.Sort(h.Aliases)
		h.Aliases = slices.DeleteFunc(slices.Compact(h.Aliases), func(a string) bool { return a == h.Name })
	}
	return hosts
}

// shortNames tells which names mean the same: letters in any case, and "pc1" and "pc1.example.org" as long as there is no
// other "pc1" of another domain.
func shortNames(groups []*group) func(string) string {
	full := map[string]string{} // by short name; "" when there are several
	for _, g := range groups {
		n := strings.ToLower(g.name)
		short, _, dotted := strings.Cut(n, ".")
		if !dotted {
			continue
		}
		if f, ok := full[short]; ok && f != n {
			full[short] = ""
		} else {
			full[short] = n
		}
	}
	return func(name string) string {
		n := strings.ToLower(name)
		if f := full[n]; f != "" {
			return f
		}
		return n
	}
}

// attach gives what is no evidence itself to the host that it lies with, or to the only one, or to none: the nameless host.
func attach(hosts *[]*Host, groups []*group, rest []*Member) {
	if len(rest) == 0 {
		return
	}
	byRoot := map[string]map[*Host]bool{}
	owner := map[*Member]*Host{}
	for _, h := range *hosts {
		for _, m := range h.Members {
			owner[m] = h
		}
	}
	for _, g := range groups {
		if byRoot[g.root] == nil {
			byRoot[g.root] = map[*Host]bool{}
		}
		for _, m := range g.members {
			byRoot[g.root][owner[m]] = true
		}
	}
	only := func(set map[*Host]bool) *Host {
		if len(set) != 1 {
			return nil
		}
		for h := range set {
			return h
		}
		return nil
	}
	var nameless, single *Host
	computers := 0
	for _, h := range *hosts {
		if h.Name == evidence.NoHost { // of a saved report
			nameless = h
		} else {
			single, computers = h, computers+1
		}
	}
	for _, m := range rest {
		var h *Host
		if computers == 1 {
			h = single
		}
		for p := m.place(); h == nil && p != "" && p != "."; p = path.Dir(p) {
			if set, ok := byRoot[p]; ok {
				h = only(set)
				break
			}
		}
		if h == nil {
			if nameless == nil {
				nameless = &Host{Name: evidence.NoHost}
				*hosts = append(*hosts, nameless)
			}
			h = nameless
		}
		h.Members = append(h.Members, m)
	}
}

// place is the folder of a member, and of an archive its inside.
func (m *Member) place() string {
	if m.own {
		return path.Join(m.unit.dir, m.base) + "!"
	}
	return m.unit.dir
}

// summarize counts the files that hold nothing of interest, when they are more than can be listed.
func summarize(members []*Member, listed int) []*Member {
	plain := 0
	for _, m := range members {
		if m.plain() {
			plain++
		}
	}
	if plain <= listed {
		return members
	}
	var out []*Member
	kinds := map[string]int{}
	size := int64(0)
	for _, m := range members {
		if !m.plain() {
			out = append(out, m)
			continue
		}
		size += m.Size
		ext := strings.ToLower(path.Ext(m.base))
		if len(ext) < 2 || len(ext) > 8 {
			ext = "without a suffix"
		}
		kinds[ext]++
	}
	list := slices.SortedFunc(maps.Keys(kinds), func(a, b string) int { return cmp.Or(cmp.Compare(kinds[b], kinds[a]), strings.Compare(a, b)) })
	note := fmt.Sprintf("%d other files hold nothing that is read here:", plain)
	for _, k := range list[:min(len(list), 12)] {
		note += fmt.Sprintf(" %d %s,", kinds[k], k)
	}
	if len(list) > 12 {
		note += " and others,"
	}
	return append(out, &Member{
		Path: "…", Kind: Other, Size: size, Status: evidence.Skipped, Notes: []string{strings.TrimSuffix(note, ",")},
	})
}

// plain reports whether a member is one of the many files that are none of this program's business.
func (m *Member) plain() bool {
	return m.Kind == Other && m.Status == evidence.Skipped && !m.Direct && len(m.Notes) == 0
}
