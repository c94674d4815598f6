// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/attack"
	"github.com/openbits/openbits/hunt/rules"
)

func (a *app) explain() *cobra.Command {
	format := "text"
	c := &cobra.Command{
		Use:   "explain WORD",
		Short: "explain an error kind, a reason, a state, an HTTP status, an attack technique or a rule",
		Long: `explain says what an error kind (such as disk_full), a reason (such as host_wait), a state (such as transient_error) or an
HTTP status (such as http_404 or 404) means, whether the service tries again by itself, and what to do. Without a word
it lists them.

It also explains T1197, ATT&CK's technique of abusing BITS jobs, as MITRE's D3FEND ontology has it: what it is, what stands against it, and
what of this program serves that. A countermeasure (such as D3-PLA) is explained in the same way, and a rule of "bits hunt" by its name, its id, or
the behaviour that it is about (such as notify-command).`,
		Example: "  bits explain digest_mismatch\n  bits explain http_503\n  bits explain T1197 --format markdown\n  bits explain notify-command",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return explainable(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listExplanations(a.Out)
			}
			if !slices.Contains([]string{"text", "markdown"}, format) {
				return usage("--format", `there is no format "`+format+`"`, "Formats are: text, markdown.")
			}
			if p, ok := techniquePage(args[0]); ok {
				return p.write(a.Out, format == "markdown")
			}
			if format != "text" {
				return usage("--format", `"`+args[0]+`" has no page in Markdown`, "Techniques and countermeasures do, such as T1197 and D3-PLA.")
			}
			if ok, err := explainRule(a.Out, args[0]); ok || err != nil {
				return err
			}
			word := strings.ReplaceAll(strings.ToLower(args[0]), "-", "_")
			if status, err := strconv.Atoi(word); err == nil {
				word = string(openbits.KindHTTP(status))
			}
			if !explainWord(a.Out, word) {
				return usage("WORD", `there is nothing known by the name "`+args[0]+`"`, `"bits explain" lists the words.`)
			}
			return nil
		},
	}
	c.Flags().StringVar(&format, "format", format, "`F` is text or markdown; the latter has the graph of classes, for techniques and countermeasures")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]cobra.Completion{"text", "markdown"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// explanation is what people are told about a kind or a reason.
type explanation struct {
	means string // a sentence or two
	todo  string // what to do
}

// explainWord prints all that word may mean: some kinds and reasons share a name.
func explainWord(w io.Writer, word string) bool {
	found := false
	if e, ok := kindText(openbits.Kind(word)); ok {
		found = true
		fmt.Fprintf(w, "%s (error)\n\n%s\n\n%s\n%s\n", word, e.means, retries(openbits.Kind(word)), e.todo)
	}
	if e, ok := reasonText[openbits.ReasonCode(word)]; ok {
		if found {
			fmt.Fprintln(w)
		}
		found = true
		fmt.Fprintf(w, "%s (reason why a job waits, or is slow)\n\n%s\n\n%s\n", word, e.means, e.todo)
	}
	if text, ok := stateWords[openbits.State(word)]; ok {
		if found {
			fmt.Fprintln(w)
		}
		found = true
		fmt.Fprintf(w, "%s (state of a job)\n\nThe job is %s.\n", word, text)
	}
	return found
}

// retries says what the service itself does about a kind.
func retries(k openbits.Kind) string {
	switch {
	case k.Blocking():
		return "The service goes on by itself as soon as this ends."
	case k.Transient():
		return "The service tries again by itself, at growing intervals, until the job's no-progress timeout."
	case callKinds[k]:
		return "Nothing was changed."
	}
	return "The service does not try again by itself."
}

func kindText(k openbits.Kind) (explanation, bool) {
	status := k.HTTPStatus()
	if status == 0 {
		e, ok := kindTable[k]
		return e, ok
	}
	text := http.StatusText(status)
	if text == "" || status < 300 {
		return explanation{}, false
	}
	e, special := httpTable[status]
	if !special {
		e.todo = "Ask whoever runs the server, or try another mirror."
		if k.Transient() {
			e.todo = "Wait, or try another mirror."
		}
	}
	e.means = strings.TrimSpace(fmt.Sprintf("The server answered with status %d, %s. %s", status, text, e.means))
	return e, true
}

func explainable() []cobra.Completion {
	var words []string
	for _, k := range openbits.Kinds {
		words = append(words, string(k))
	}
	for _, r := range openbits.Reasons {
		if !slices.Contains(words, string(r)) {
			words = append(words, string(r))
		}
	}
	for _, s := range openbits.States {
		words = append(words, string(s))
	}
	words = append(words, "http_401", "http_403", "http_404", "http_429", "http_503", "T1197")
	words = append(words, attack.Countermeasures()...)
	return append(words, ruleWords()...)
}

func listExplanations(w io.Writer) error {
	fmt.Fprintln(w, "Errors:")
	for _, k := range openbits.Kinds {
		fmt.Fprintf(w, "  %-24s %s\n", k, firstSentence(kindTable[k].means))
	}
	fmt.Fprintf(w, "  %-24s %s\n", "http_404, http_503, …", "The server answered with this status.")
	fmt.Fprintln(w, "\nReasons why a job waits, or is slow:")
	for _, r := range openbits.Reasons {
		fmt.Fprintf(w, "  %-24s %s\n", r, firstSentence(reasonText[r].means))
	}
	fmt.Fprintln(w, "\nStates of a job:")
	for _, s := range openbits.States {
		fmt.Fprintf(w, "  %-24s The job is %s.\n", s, stateWords[s])
	}
	technique, _ := attack.Technique("T1197")
	fmt.Fprintf(w, "\nTechniques of attackers, and what stands against them:\n  %-24s %s.\n", technique.ID(), technique.Label())
	for _, id := range attack.Countermeasures() {
		c, _ := attack.Countermeasure(id)
		fmt.Fprintf(w, "  %-24s %s.\n", id, c.Label())
	}
	all, err := rules.All()
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "\nRules of bits hunt:")
	for _, r := range all {
		fmt.Fprintf(w, "  %-24s %s.\n", r.Slug, r.Title)
	}
	return nil
}

func firstSentence(text string) string {
	if i := strings.Index(text, ". "); i >= 0 {
		return text[:i+1]
	}
	return text
}
