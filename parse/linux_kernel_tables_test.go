package parse

import "testing"

func TestOtherTables(t *testing.T) {
	for line, which := range map[string]string{
		"dst cache overflow": "dst cache",
		"Route cache is full: consider increasing sysctl net.ipv[4|6].route.max_size.":                          "route cache",
		"IPv6: Route cache is full: consider increasing sysctl net.ipv6.route.max_size.":                        "route cache",
		"TCP: time wait bucket table overflow":                                                                  "time-wait buckets",
		"xt_hashlimit: max count of 65536 reached":                                                              "hashlimit",
		"Set blacklist is full, maxelem 65536 reached":                                                          "ipset",
		"VFS: file-max limit 65535 reached":                                                                     "open files",
		"[zone: pf states] PF states limit reached":                                                             "pf states",
		"[zone: pf frag entries] PF frag entries limit reached":                                                 "pf frag entries",
		"sonewconn: pcb 0xfff: Listen queue overflow: 8 already in queue awaiting acceptance (1 occurrences)":   "listen queue",
		"nf_conntrack: expectation table full":                                                                  "expectations",
		"nf_conntrack: nf_ct_expect: expectation table full":                                                    "expectations",
		"nf_conntrack: nf_conntrack: table full, dropping packet":                                               "",
		"Nov 21 20:28:21 fw kernel: [zone: pf states] PF states limit reached":                                  "pf states",
		"<4>[ 12.5] ip6_dst_cache: dst cache overflow (1 occurrences, this is not a message of any kernel) ...": "-",
	} {
		rec := parseLine(line)
		if which == "-" {
			if rec.Kind == TableFull {
				t.Errorf("%s: a full table", line)
			}
			continue
		}
		if rec.Kind != TableFull || rec.Detail.String() != which {
			t.Errorf("%s: %v %q, want table-full %q", line, rec.Kind, rec.Detail, which)
		}
	}
}

func TestOtherTablesEvents(t *testing.T) {
	checkEvents(t, []stored{
		{"pf limit", "Nov 21 10:00:00 bsd kernel: [zone: pf states] PF states limit reached", "pf states", Event{Kind: TableFull}},
	})
}
