package report

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// maxCheckSenders bounds the table of senders in text.
const maxCheckSenders = 50

// CheckOptions sets how a check is shown as text.
type CheckOptions struct {
	TextOptions
	Shapes   int            // so many shapes of lines that were not understood
	Send     string         // what to do with such lines
	Location *time.Location // of times; nil: UTC
}

// CheckText writes the check for a terminal.
func CheckText(w io.Writer, c *Check, opt CheckOptions) error {
	p := newPage(w, English, opt.TextOptions)
	k := clock{loc: opt.Location}
	if k.loc == nil {
		k.loc = time.UTC
	}
	p.checkSettings(c)
	p.checkListen(c)
	p.checkData(c, k)
	if c.Received != nil && c.Received.Events > 0 {
		p.checkSenders(c.Received, k, &opt)
	}
	p.line("")
	if len(c.Problems) == 0 {
		p.line(p.paint("FINE", "quiet") + "  nothing is wrong")
	} else {
		p.line(p.paint("WRONG", "critical") + "  " + count(English, len(c.Problems), "problem", "problems"))
		for i, s := range c.Problems {
			p.put(pad(fmt.Sprintf("   %d", i+1), 6), Clean(s), 6)
		}
	}
	for _, s := range c.Notes {
		p.put("   -  ", Clean(s), 6)
	}
	return p.out.Flush()
}

func (p *page) checkSettings(c *Check) {
	file := "no file"
	if c.Config != "" {
		file = Clean(c.Config)
	}
	p.line(p.paint("CONFIG", "bold") + "  " + file)
	rows := [][]string{}
	plain := 0
	for _, s := range c.Settings {
		if s.From == "default" && s.Value == "" {
			plain++
			continue
		}
		rows = append(rows, []string{Clean(s.Key), clip(Clean(s.Value), 60), Clean(s.From)})
	}
	p.columns(rows, "lll")
	if plain > 0 {
		p.line("   " + count(English, plain, "other setting is", "other settings are") + " not given")
	}
}

func (p *page) checkListen(c *Check) {
	p.line("")
	p.line(p.paint("LISTEN", "bold"))
	rows := [][]string{}
	for _, l := range c.Listen {
		state := map[string]string{"free": "free", "taken": "taken by another program", "denied": "not permitted",
			"bad": "cannot be used"}[l.State]
		if l.State == "serve" {
			state = fmt.Sprintf("serve listens (process %d)", l.PID)
		}
		rows = append(rows, []string{l.Network, Clean(l.Address), state})
	}
	p.columns(rows, "lll")
	if len(rows) == 0 {
		p.line("   nowhere")
	}
	if b := c.Buffer; b != nil {
		p.line("   receive buffer: " + English.octets(uint64(b.Granted)) + " granted, " +
			English.octets(uint64(b.Asked)) + " asked")
	}
}

func (p *page) checkData(c *Check, k clock) {
	p.line("")
	p.line(p.paint("DATA", "bold") + "  " + Clean(c.Data.Path))
	words := []string{"writable"}
	switch d := c.Data; {
	case c.Received != nil && c.Received.Refusing != "":
		words[0] = "takes nothing at the moment"
	case !d.Exists && d.Writable:
		words[0] = "not there yet: serve or import makes it"
	case !d.Exists:
		words[0] = "not there, and cannot be made"
	case !d.Writable:
		words[0] = "not writable"
	}
	if c.Data.Free > 0 {
		words = append(words, English.octets(c.Data.Free)+" free")
	}
	switch {
	case c.Data.Daemon:
		words = append(words, fmt.Sprintf("serve has it open (process %d)", c.Data.PID))
	case c.Data.PID > 0:
		words = append(words, fmt.Sprintf("process %d has it open", c.Data.PID))
	default:
		words = append(words, "serve does not run")
	}
	p.put("   ", strings.Join(words, ", "), 3)
	if r := c.Received; r != nil && r.Events > 0 {
		p.put("   ", count(English, r.Days, "day", "days")+", "+count(English, r.Events, "event", "events")+", "+
			English.octets(uint64(max(r.Bytes, 0)))+", "+k.span(r.First, r.Last)+", "+k.zone(r.Last), 3)
	} else if r != nil {
		p.line("   no events")
	}
}

func (p *page) checkSenders(r *Received, k clock, opt *CheckOptions) {
	p.line("")
	p.put(p.paint("SENDERS", "bold")+"  ", k.span(r.From, r.To)+" (accounts: of the whole UTC days)", 9)
	rows := [][]string{English.senderHead()}
	for _, s := range r.Senders[:min(maxCheckSenders, len(r.Senders))] {
		rows = append(rows, English.senderRow(s))
	}
	p.columns(withoutIdle(rows, senderAlign, 5))
	if n := len(r.Senders) - maxCheckSenders; n > 0 {
		p.line("   … and " + count(English, n, "more sender", "more senders") + " (--format json)")
	}
	if r.Unparsed == nil || r.Unparsed.Lines == 0 {
		if r.Unparsed != nil && r.Unparsed.Cut {
			p.line("   unparsed: none within a second of looking; uncloak report looks at all lines")
		}
		return
	}
	p.line("")
	u := *r.Unparsed
	u.Shapes = r.Shapes
	p.shapes(&u, opt.Shapes)
	p.put("   ", opt.Send, 3)
}

// octets writes a number of bytes with a unit.
func (l Language) octets(n uint64) string {
	switch {
	case n < 1<<10:
		return count(l, n, "byte", "bytes")
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	case n < 10<<30:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return num(n>>30) + " GiB"
}
