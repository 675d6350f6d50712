package report

import (
	"strings"
	"testing"
)

func TestTemplate(t *testing.T) {
	for name, c := range map[string]struct{ message, want string }{
		"numbers":            {"took 12.5 s (3 of 40 %)", "took <n>.<n> s (<n> of <n> %)"},
		"clock":              {"at 12:34:56 up", "at <n>:<n>:<n> up"},
		"names with a digit": {"eth0: wlan12 is up, sdb1", "eth<n>: wlan<n> is up, sdb<n>"},
		"IPv4":               {"from 192.168.1.7:4711 to 10.0.0.0/8.", "from <ip>:<n> to <ip>/<n>."},
		"IPv4 with a label":  {"src=10.1.2.3 outside:10.9.8.7/53", "src=<ip> outside:<ip>/<n>"},
		"IPv6":               {"from 2001:db8::7 via fe80::1%eth0, [::1]:53", "from <ip> via <ip>%eth<n>, [<ip>]:<n>"},
		"IPv6, ends":         {"fe80:: is fe80::1: yes 1::", "<ip> is <ip>: yes <ip>"},
		"version":            {"v1.2.3.4.5", "v<n>.<n>.<n>.<n>.<n>"},
		"MAC":                {"sta 52:54:00:4a:80:0c, 52-54-00-4A-80-0C: gone", "sta <mac>, <mac>: gone"},
		"MAC of netfilter":   {"MAC=16:a8:1b:53:dd:8f:3c:52:82:4a:10:03:08:00 X", "MAC=<mac> X"},
		"hex":                {"id 0x1f, 00ff3a9c12, 3f2a, deadbeef", "id <hex>, <hex>, <hex>, deadbeef"},
		"UUID":               {"job 6ba7b810-9dad-11d1-80b4-00c04fd430c8 done", "job <hex> done"},
		"base64":             {"key AAAAB3NzaC1yc2EAAAADAQABAAABgQC7+/x== ok", "key <word> ok"},
		"long word":          {"averyveryveryverylongword", "averyveryveryverylongword"},
		"quotes":             {`user "bob smith" said 'no way' to "x`, `user <text> said <text> to "x`},
		"apostrophe":         {"can't open users' file: don't", "can't open users' file: don't"},
		"JSON": {`{"ip1":"10.0.0.1","port":80,"note":"a b"}`,
			`{"ip<n>":<text>,"port":<n>,"note":<text>}`},
		"blanks":        {"  a \t  b   ", "a b"},
		"other scripts": {"リンク断 eth0 を検出 7", "リンク断 eth<n> を検出 <n>"},
		"a placeholder": {"<n> <ip>", "<n> <ip>"},
		"nothing":       {"", ""},
		"long":          {strings.Repeat("word ", 100), strings.Repeat("word ", 32) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Template(c.message); got != c.want {
				t.Errorf("got\n%s, want\n%s", got, c.want)
			}
		})
	}
}

// wantTemplate checks what must hold for any message.
func wantTemplate(t *testing.T, message string) {
	t.Helper()
	got := Template(message)
	if again := Template(got); again != got {
		t.Fatalf("%q: the template\n%q has another one,\n%q", message, got, again)
	}
	if len(got) > maxTemplate+len("…") {
		t.Fatalf("%q: a template of %d bytes", message, len(got))
	}
	if strings.ContainsAny(got, "0123456789\t") {
		t.Fatalf("%q: %q has a number", message, got)
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range append(hostiles, `from 10.0.0.1:53 "a b" 'c`, "::1 fe80::12g 1.2.3.4.5 aa:bb:cc:dd:ee:f1",
		`{"a1":::1,"b`, "a'b'1'c'", strings.Repeat(":1", 600),
		strings.Repeat("aB3+", 300), strings.Repeat("\xe2", 159)+"…", `"k"::1`,
		"0x1F deadbeef1 6ba7b810-9dad-11d1-80b4-00c04fd430c8") {
		f.Add(s)
	}
	f.Fuzz(wantTemplate)
}

func BenchmarkTemplate(b *testing.B) {
	for name, s := range map[string]string{
		"line":    `relayd[112]: route 10.0.7.0/24 via fe80::1 gone after 49.5 s, "ifname7" 52:54:00:4a:80:0c`,
		"hostile": strings.Repeat("a+", 512),
		"colons":  strings.Repeat(":", 1024),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				Template(s)
			}
		})
	}
}
