package parse_test

import (
	"fmt"
	"time"

	"uncloak/parse"
)

func ExampleParser_Line() {
	p := parse.NewParser()
	var rec parse.Record
	p.Line([]byte("<4>Nov 21 20:28:21 gw kernel: NAT-NEW: IN=br-lan OUT=wan0 SRC=192.168.1.10 DST=198.51.100.7 PROTO=TCP SPT=56256 DPT=443 SYN"), &rec)
	fmt.Println(rec.Kind, rec.SrcPort(), rec.DstPort(), rec.Detail)
	// Output: session-new 192.168.1.10:56256 198.51.100.7:443 NAT-NEW
}

func ExampleStamp_Resolve() {
	s := parse.Stamp{Month: 12, Day: 31, Hour: 23, Minute: 59, Second: 58, HasClock: true}
	received := time.Date(2027, 1, 1, 0, 0, 1, 0, time.UTC)
	fmt.Println(s.Resolve(received, time.UTC))
	// Output: 2026-12-31 23:59:58 +0000 UTC true
}

func ExampleAppendJSON() {
	p := parse.NewParser()
	var rec parse.Record
	p.Line([]byte("Out of Memory: Killed process 870 (httpd)."), &rec)
	fmt.Println(string(parse.AppendJSON(nil, &rec)))
	// Output: {"kind":"oom-kill","event":"oom-kill","dialect":"kernel","pid":870,"proc":"httpd"}
}

func ExampleParser_LineOf() {
	// The sender is known to be a NEC UNIVERGE IX.
	line := []byte("2026/11/21 10:00:00 FLT.054: BLOCK tcp 203.0.113.5:1234 > 192.0.2.1:23, match deny-all, GigaEthernet0.0 in")
	p := parse.NewParser()
	var rec parse.Record
	p.LineOf(parse.DialectNamed("nec-ix"), line, &rec)
	fmt.Println(rec.Dialect, rec.Kind, rec.SrcPort())
	// Output: nec-ix session-denied 203.0.113.5:1234
}

func ExampleExplain() {
	line := []byte("<4>Nov 21 20:28:21 gw kernel: nf_conntrack: table full, dropping packet")
	p := parse.NewParser()
	var rec parse.Record
	p.Line(line, &rec)
	fmt.Println(parse.Explain(line, &rec))
	// Output: dialect kernel: a known kernel message (conntrack-full); header: priority, stamp without a year, host, tag
}
