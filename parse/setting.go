package parse

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"uncloak/parse/scan"
)

// A SettingValue is one thing that a router says of its session table.
type SettingValue struct {
	Key   string // table, entries, collector, or the name of a timeout as in the config: udp, time_wait …
	Value int    // entries; s; of collector: 1 = Linux 5.19 or later, 0 = none
}

// maxSetting bounds the text of a setting that is kept.
const maxSetting = 200

// setting marks the line as one that tells a setting; the text is what Settings reads.
func setting(b []byte, rec *Record) bool {
	if len(b) > maxSetting {
		return false
	}
	rec.detail = b
	return mark(rec, Setting, "setting")
}

// Settings reads what an event of kind Setting says; nil where it says nothing that is known.
func (e *Event) Settings() []SettingValue {
	if e.Kind != Setting {
		return nil
	}
	return settings(e.Detail.String())
}

func settings(text string) []SettingValue {
	for _, read := range []func(string) []SettingValue{sysctlSetting, mikrotikSetting, asaTimeouts, iosTimeouts} {
		if out := read(text); out != nil {
			return out
		}
	}
	return nil
}

// sysctlKeys gives the settings of net.netfilter (Documentation/networking/nf_conntrack-sysctl.rst), without
// nf_conntrack_ or ip_conntrack_ in front.
var sysctlKeys = map[string]string{"max": "table", "count": "entries", "udp_timeout": "udp",
	"udp_timeout_stream": "udp_stream", "icmp_timeout": "icmp", "generic_timeout": "generic",
	"tcp_timeout_syn_sent": "syn_sent", "tcp_timeout_syn_recv": "syn_recv",
	"tcp_timeout_established": "established", "tcp_timeout_fin_wait": "fin_wait",
	"tcp_timeout_close_wait": "close_wait", "tcp_timeout_last_ack": "last_ack",
	"tcp_timeout_time_wait": "time_wait", "tcp_timeout_close": "close"}

// sysctlSetting reads "net.netfilter.nf_conntrack_udp_timeout = 30", "/proc/sys/net/netfilter/…:30" and the kernel's
// release, which says whether it has the collector of 5.19.
func sysctlSetting(text string) []SettingValue {
	name, value, ok := sysctlPair([]byte(text))
	if !ok {
		return nil
	}
	if string(name) == "kernel.osrelease" || string(name) == "kernel/osrelease" {
		major, rest, _ := strings.Cut(string(value), ".")
		minor, _, _ := strings.Cut(rest, ".")
		a, err := strconv.Atoi(major)
		b, err2 := strconv.Atoi(minor)
		switch {
		case err != nil || err2 != nil:
			return nil
		case a > 5 || a == 5 && b >= 19:
			return []SettingValue{{"collector", 1}}
		case a < 4 || a == 4 && b < 9:
			return []SettingValue{{"collector", 0}}
		}
		return nil
	}
	key := string(name[bytes.LastIndexAny(name, "./")+1:])
	short, ok := strings.CutPrefix(key, "nf_conntrack_")
	if !ok {
		short, ok = strings.CutPrefix(key, "ip_conntrack_")
	}
	n, err := strconv.Atoi(string(value))
	if known := sysctlKeys[short]; ok && known != "" && err == nil {
		return one(known, n)
	}
	return nil
}

// one gives a setting whose value can be true.
func one(key string, n int) []SettingValue {
	if n < 0 || n == 0 && key != "entries" || n > 1<<31-1 {
		return nil
	}
	return []SettingValue{{key, n}}
}

// sysctlPair cuts a line of sysctl, or of grep over /proc/sys, into name and value.
func sysctlPair(b []byte) (name, value []byte, ok bool) {
	cut := " = "
	if scan.Has(b, "/proc/sys/") {
		b, cut = b[len("/proc/sys/"):], ":"
	}
	i := bytes.Index(b, []byte(cut))
	if i <= 0 {
		return nil, nil, false
	}
	name, value = b[:i], bytes.TrimSpace(b[i+len(cut):])
	for _, c := range name {
		if !scan.IsLetter(c) && !scan.IsDigit(c) && strings.IndexByte("._-/@:", c) < 0 {
			return nil, nil, false
		}
	}
	return name, value, bytes.IndexAny(name, "./") > 0
}

// mikrotikKeys gives what /ip firewall connection tracking print shows.
var mikrotikKeys = map[string]string{"max-entries": "table", "total-entries": "entries", "udp-timeout": "udp",
	"udp-stream-timeout": "udp_stream", "icmp-timeout": "icmp", "generic-timeout": "generic",
	"tcp-syn-sent-timeout": "syn_sent", "tcp-syn-received-timeout": "syn_recv",
	"tcp-established-timeout": "established", "tcp-fin-wait-timeout": "fin_wait",
	"tcp-close-wait-timeout": "close_wait", "tcp-last-ack-timeout": "last_ack",
	"tcp-time-wait-timeout": "time_wait", "tcp-close-timeout": "close"}

// mikrotikSetting reads "tcp-established-timeout: 1d".
func mikrotikSetting(text string) []SettingValue {
	name, value, _ := strings.Cut(text, ":")
	key, value := mikrotikKeys[name], strings.TrimSpace(value)
	if key == "" {
		return nil
	}
	if key == "table" || key == "entries" {
		n, err := strconv.Atoi(value)
		if err != nil {
			return nil
		}
		return one(key, n)
	}
	if d, ok := mikrotikTime(value); ok {
		return one(key, int(d.Seconds()))
	}
	return nil
}

// mikrotikTime reads 1w2d3h4m5s, any part of which may be missing, and 1d00:10:00.
func mikrotikTime(s string) (d time.Duration, ok bool) {
	if i := strings.IndexByte(s, ':'); i >= 0 {
		at := strings.LastIndexAny(s[:i], "wd") + 1
		clock, ok := clockTime(s[at:])
		if at == 0 || !ok {
			return clock, ok
		}
		d, ok = mikrotikTime(s[:at])
		return d + clock, ok
	}
	unit := map[byte]time.Duration{'w': 7 * 24 * time.Hour, 'd': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute,
		's': time.Second}
	n, digits := time.Duration(0), 0
	for i := range len(s) {
		switch u := unit[s[i]]; {
		case scan.IsDigit(s[i]) && digits < 6:
			n, digits = 10*n+time.Duration(s[i]-'0'), digits+1
		case u != 0 && digits > 0:
			d, n, digits = d+n*u, 0, 0
		default:
			return 0, false
		}
	}
	return d, digits == 0 && d > 0
}

// clockTime reads h:mm:ss.
func clockTime(s string) (d time.Duration, ok bool) {
	n, rest, ok := clock([]byte(s))
	if !ok || len(rest) > 0 || max(n[0], n[1], n[2]) > 1<<16 {
		return 0, false
	}
	return time.Duration(n[0]*3600+n[1]*60+n[2]) * time.Second, true
}

// asaTimeouts reads "timeout conn 1:00:00 half-closed 0:10:00 udp 0:02:00 icmp 0:00:02". The ASA keeps a UDP session
// for one time however long it has talked, and a closed TCP session for about a minute whatever is configured.
func asaTimeouts(text string) (out []SettingValue) {
	words := strings.Fields(text)
	if len(words) < 3 || words[0] != "timeout" {
		return nil
	}
	for i := 1; i+1 < len(words); i += 2 {
		d, ok := clockTime(words[i+1])
		if !ok {
			return nil
		}
		for _, key := range map[string][]string{"conn": {"established"}, "half-closed": {"fin_wait", "close_wait"},
			"udp": {"udp", "udp_stream"}, "icmp": {"icmp"}}[words[i]] {
			out = append(out, one(key, int(d.Seconds()))...)
		}
	}
	return out
}

// iosTimeouts reads "ip nat translation udp-timeout 300" and "… max-entries 10000" of Cisco IOS, whose table is that of
// the translations.
func iosTimeouts(text string) (out []SettingValue) {
	words := strings.Fields(text)
	if len(words) != 5 || words[0] != "ip" || words[1] != "nat" || words[2] != "translation" {
		return nil
	}
	n, err := strconv.Atoi(words[4])
	if err != nil {
		return nil
	}
	for _, key := range map[string][]string{"tcp-timeout": {"established"}, "udp-timeout": {"udp", "udp_stream"},
		"syn-timeout": {"syn_sent", "syn_recv"}, "finrst-timeout": {"fin_wait", "time_wait", "close"},
		"icmp-timeout": {"icmp"}, "timeout": {"generic"}, "max-entries": {"table"}}[words[3]] {
		out = append(out, one(key, n)...)
	}
	return out
}

// sysctlDialect describes the kernel's settings as sysctl and grep print them.
func sysctlDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "sysctl",
			Devices: "Linux: sysctl -a, sysctl net.netfilter, grep . /proc/sys/net/netfilter/*",
			Sample:  "net.netfilter.nf_conntrack_udp_timeout = 30",
			Reads: "The timeouts and the size of the session table, its entries at that moment, and the kernel's " +
				"release. They hold from the time of the file on (--captured-at).",
			Enable: "sysctl -a > settings.txt; uncloak import --router NAME settings.txt",
			Source: "Linux Documentation/networking/nf_conntrack-sysctl.rst",
		},
		known: "name = value, the name with dots, or a path below /proc/sys",
		first: lower + "/",
		looks: func(b []byte, rec *Record) bool {
			_, _, ok := sysctlPair(b)
			return ok && len(rec.App) == 0
		},
		kind: tool,
		read: func(b []byte, rec *Record) bool {
			rec.Dialect = "sysctl"
			if scan.Within(b, "conntrack_") || scan.Within(b, "osrelease") {
				return setting(b, rec)
			}
			return mark(rec, System, "other")
		},
	}
}

// mikrotikTrackingDialect describes the settings of RouterOS's connection tracking.
func mikrotikTrackingDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "mikrotik-tracking",
			Devices: "MikroTik RouterOS 6 and 7, /ip firewall connection tracking print",
			Sample:  "tcp-established-timeout: 1d",
			Reads: "The timeouts and the size of the session table, and its entries at that moment. They hold from " +
				"the time of the file on (--captured-at).",
			Enable: "/ip firewall connection tracking print file=tracking",
			Source: "help.mikrotik.com, Connection tracking",
		},
		known:   "a setting as RouterOS prints it",
		console: RouterOS,
		begins:  []string{"tcp-", "udp-", "icmp-timeout: ", "generic-timeout: ", "max-entries: ", "total-entries: "},
		kind:    tool,
		read: func(b []byte, rec *Record) bool {
			i := bytes.IndexByte(b, ':')
			if i < 0 || len(rec.App) > 0 {
				return false
			}
			rec.Dialect = "mikrotik-tracking"
			switch string(b[:i]) {
			case "tcp-max-retrans-timeout", "tcp-unacked-timeout":
				return mark(rec, System, "other")
			}
			return mikrotikKeys[string(b[:i])] != "" && setting(b, rec)
		},
	}
}

// ciscoTimeoutsDialect describes the timeouts in the configuration of an ASA or an IOS router.
func ciscoTimeoutsDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "cisco-timeouts",
			Devices: "Cisco ASA and IOS, show running-config",
			Sample:  "timeout conn 1:00:00 half-closed 0:10:00 udp 0:02:00 sctp 0:02:00 icmp 0:00:02",
			Reads: "The timeouts of sessions (ASA: timeout conn, half-closed, udp, icmp; IOS: ip nat translation …), " +
				"and of IOS the most translations. They hold from the time of the file on (--captured-at).",
			Enable: "show running-config timeout (ASA), show running-config | include translation (IOS)",
			Source: "Cisco ASA Firewall CLI configuration guide, Configure global timeouts; IOS IP addressing " +
				"command reference, ip nat translation",
		},
		known:   "a line of a configuration",
		console: OtherConsole,
		begins:  []string{"timeout ", "ip nat translation "},
		kind:    tool,
		read: func(b []byte, rec *Record) bool {
			if len(rec.App) > 0 {
				return false
			}
			rec.Dialect = "cisco-timeouts"
			_, rest := scan.Word(b)
			switch w, _ := scan.Word(rest); string(w) {
			case "conn", "half-closed", "udp", "icmp", "nat":
				return setting(b, rec)
			case "xlate", "pat-xlate", "sunrpc", "sip", "sip-provisional-media", "uauth", "tcp-proxy-reassembly",
				"floating-conn", "conn-holddown", "igp":
				return mark(rec, System, "other")
			}
			return false
		},
	}
}
