package ingest

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"uncloak/parse"
)

func TestRepair(t *testing.T) {
	const packet = "IN=br-lan OUT=wan0 SRC=192.168.128.10 DST=198.18.62.16 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=48109 " +
		"DF PROTO=TCP SPT=56256 DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0"
	const shrink = "TCP: Treason uncloaked! Peer 192.0.2.1:39660/80 shrinks window 3584164780:3584164970. Repaired."
	for _, tc := range []struct {
		name, in string
		page     bool
		want     []string
	}{
		{"as it is", "Nov  1 12:00:00 gw a: x\nNov  1 12:00:01 gw a: y\n", false, nil},
		{"breaks instead of newlines", "Out of Memory: Killed process 870 (httpd).<br />" + shrink +
			"<BR>Out of Memory: Killed process 1 (a).", true,
			[]string{"Out of Memory: Killed process 870 (httpd).", shrink, "Out of Memory: Killed process 1 (a)."}},
		{"breaks at line ends", "Nov  1 12:00:00 gw a: x<br>\nNov  1 12:00:01 gw a: y<br>\n", true,
			[]string{"Nov  1 12:00:00 gw a: x", "Nov  1 12:00:01 gw a: y"}},
		{"entities and tags", "<html><body><pre>\n&lt;4&gt;Nov  1 12:00:00 gw a: <b>x</b> &amp; y\n" +
			"</pre></body></html>", true, []string{"<4>Nov  1 12:00:00 gw a: x & y"}},
		{"the kernel's own brackets", "<pre>\n[ 1.000000]  <TASK>\n<13>x\n</pre>", true,
			[]string{"[ 1.000000]  <TASK>", "<13>x"}},
		{"a log that mentions tags", "Nov  1 12:00:00 gw httpd: GET /?q=<br />hello\n" +
			"Nov  1 12:00:01 gw httpd: <p>none\n", false, nil},
		{"cut in a number", shrink[:80] + "\n" + shrink[80:] + "\n", false, []string{shrink, ""}},
		{"cut in a word, twice", shrink[:20] + "\n" + shrink[20:50] + "\n" + shrink[50:], false, []string{shrink}},
		{"cut at a blank that is gone", "nf_conntrack: table full, dropping\npacket", false,
			[]string{"nf_conntrack: table full, dropping packet"}},
		{"a packet at 80 columns", packet[:80] + "\r\n" + packet[80:] + "\r\n", false, []string{packet, ""}},
		{"behind a header", "Nov  1 12:00:00 gw kernel: " + shrink[:60] + "\n" + shrink[60:], false,
			[]string{"Nov  1 12:00:00 gw kernel: " + shrink}},
		{"new wording", "TCP: Peer 192.0.2.1:39660/80 unexpectedly shrunk window 1:\n2 (repaired)", false,
			[]string{"TCP: Peer 192.0.2.1:39660/80 unexpectedly shrunk window 1:2 (repaired)"}},
		{"a process cut in its name", "Out of memory: Killed process 870 (htt\n" +
			"pd) total-vm:1kB, anon-rss:1kB, file-rss:0kB", false,
			[]string{"Out of memory: Killed process 870 (httpd) total-vm:1kB, anon-rss:1kB, file-rss:0kB"}},
		{"a whole message and prose", "Out of Memory: Killed process 870 (httpd).\nThat was all.\n", false, nil},
		{"half a message and prose", shrink[:80] + "\nwhich is odd.\n", false, nil},
		{"half a message and a log line", shrink[:80] + "\nNov  1 12:00:00 gw a: 4970. Repaired.\n", false, nil},
		{"forced", "a <b>x</b>\n<p>y", true, []string{"a x", "y"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			format := "auto"
			if tc.name == "forced" {
				format = "page"
			}
			fixed, page, _ := repair([]byte(tc.in), format)
			want := strings.Join(tc.want, "\n")
			if tc.want == nil {
				want = tc.in
			}
			if got := strings.ReplaceAll(string(fixed), "\r", ""); got != strings.ReplaceAll(want, "\r", "") ||
				page != tc.page {
				t.Errorf("page %v\n%q\nwant %v\n%q", page, fixed, tc.page, want)
			}
			if again, _, _ := repair([]byte(tc.in), "log"); string(again) != tc.in {
				t.Errorf("as a log it becomes %q", again)
			}
		})
	}
}

// Repair neither fails nor invents: without markup only line ends go, and a blank may come in their place; and every
// event that the text has line by line is there afterwards.
func FuzzRepair(f *testing.F) {
	pasted, err := os.ReadFile("testdata/pasted.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(pasted)
	f.Add([]byte("nf_conntrack: table full,\ndropping packet\n\nx"))
	f.Add([]byte("<br<br>&lt;&#0;</p"))
	f.Add([]byte("IN=a OUT=b SRC=1.2.3.4 DST=1.2.3.4 LEN=1 PROTO=TCP SPT=1 DPT=2 \nURGP=0\nx"))
	f.Fuzz(func(t *testing.T, in []byte) {
		fixed, page, joined := repair(in, "auto")
		if page {
			return
		}
		squeeze := func(b []byte) string {
			return strings.NewReplacer("\n", "", "\r", "", " ", "").Replace(string(b))
		}
		if squeeze(fixed) != squeeze(in) {
			t.Fatalf("%q becomes %q", in, fixed)
		}
		if before, after := understood(in), understood(fixed); after < before {
			t.Fatalf("%d events become %d, %d joined: %q", before, after, joined, fixed)
		}
	})
}

func understood(text []byte) (n int) {
	p, rec := parse.NewParser(), parse.Record{}
	for _, l := range bytes.Split(text, []byte("\n")) {
		if p.Line(l, &rec); rec.Kind != parse.Unknown {
			n++
		}
	}
	return n
}
