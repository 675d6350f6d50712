package main

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"uncloak/parse"
)

// A listing of each kind, as its command prints it, is a table at one moment: findings and table tell who holds how
// much of it. Of each the last row is torn; it is kept and counted.
func TestListings(t *testing.T) {
	for name, c := range map[string]struct {
		text, holder string
		held, all    int // entries of the holder, and of all
		unknown      int
		states       map[string]int
		port         string
	}{
		"ss -tunap": {`Netid State     Recv-Q Send-Q  Local Address:Port   Peer Address:Port  Process
tcp   LISTEN    0      128            0.0.0.0:22          0.0.0.0:*      users:(("sshd",pid=1,fd=3))
tcp   ESTAB     0      0        192.168.1.20:42106    203.0.113.80:443   users:(("firefox",pid=1590,fd=8))
tcp   ESTAB     0      0        192.168.1.20:42108    203.0.113.81:443   users:(("firefox",pid=1590,fd=9))
tcp   TIME-WAIT 0      0        192.168.1.20:42110    203.0.113.82:443
tcp   ESTAB     0      0        192.168.1.20:42112    203.0.
`, "192.168.1.20", 3, 3, 1, map[string]int{"ESTABLISHED": 2, "TIME_WAIT": 1}, "tcp/443"},
		"ss -tani": {"State Recv-Q Send-Q Local Address:Port Peer Address:Port\n" +
			"ESTAB 0 0 192.168.1.20:42106 203.0.113.80:443\n\t cubic wscale:7,7 rto:204 rtt:1.2/0.6\n" +
			"ESTAB 0 0 192.168.1.20:42108 203.0.113.81:443\n\t cubic\nESTAB 0 0 192.168.1.20:4210\n",
			"192.168.1.20", 2, 2, 1, map[string]int{"ESTABLISHED": 2}, "tcp/443"},
		"netstat -nat": {`Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN
tcp        0      0 192.168.1.20:42106      203.0.113.80:443        ESTABLISHED
tcp        0      1 192.168.1.20:42108      203.0.113.81:443        SYN_SENT
tcp        0      0 192.168.1.20:42110      203.0
`, "192.168.1.20", 2, 2, 1, map[string]int{"ESTABLISHED": 1, "SYN_SENT": 1}, "tcp/443"},
		"mikrotik, plain": {`Flags: S - seen-reply, A - assured, C - confirmed
 #          PROTOCOL SRC-ADDRESS           DST-ADDRESS           TCP-STATE   TIMEOUT
 0    C     udp      192.168.88.50:6881    198.51.100.1:7000                 9s
 1    C     udp      192.168.88.50:6881    198.51.100.2:7001                 9s
 2  SAC     tcp      192.168.88.51:50001   198.51.100.3:443      established 23h59m
 3  SAC     tcp      192.168.88.51:50001
`, "192.168.88.50", 2, 3, 1, map[string]int{"UNREPLIED": 2, "ESTABLISHED": 1},
			"udp/7000"},
		"mikrotik, detail": {`Flags: S - seen-reply, A - assured, C - confirmed
 0  SAC  s  protocol=tcp src-address=192.168.8.59:1643 
            dst-address=198.51.100.172:443 
            reply-src-address=198.51.100.172:443 
            reply-dst-address=203.0.113.65:1643 tcp-state=established 
            timeout=23h59m58s orig-packets=7 orig-bytes=1 804 
            repl-packets=8 repl-bytes=6 169 orig-rate=0bps repl-rate=0bps 

 1  SAC  s  protocol=tcp src-address=192.168.8.59:1644 
            dst-address=198.51.100.173:443 
            reply-src-address=198.51.100.173:443 
            reply-dst-address=203.0.113.65:1644 tcp-state=time-wait 
            timeout=8s orig-packets=40 orig-bytes=12 
            090 repl-packets=8

 2  SAC  s  protocol=tcp src-address=192.168.8.59:1645 
`, "192.168.8.59", 2, 2, 1, map[string]int{"ESTABLISHED": 1, "TIME_WAIT": 1}, "tcp/443"},
		"mikrotik, terse": {
			" 0 SACFs protocol=tcp src-address=192.168.88.51:1 dst-address=198.51.100.3:443 tcp-state=established\n" +
				" 1 SACFs protocol=tcp src-address=192.168.88.51 src-port=2 dst-address=198.51.100.3 dst-port=443\n" +
				" 2 SACFs protocol=tcp src-address=192.168.88.51:3 dst-add\n",
			"192.168.88.51", 2, 2, 1, map[string]int{"ESTABLISHED": 1, "not told": 1}, "tcp/443"},
		"show conn": {`fw# show conn
3 in use, 10 most used
TCP outside  198.51.100.9:443 inside  10.1.1.5:51234, idle 0:00:04, bytes 2345, flags UIO
TCP outside  198.51.100.9:443 inside  10.1.1.5:51235, idle 0:00:01, bytes 0, flags saA
UDP outside  198.51.100.53:53 inside  10.1.1.6:51235, idle 0:00:01, bytes 60, flags -
TCP outside  198.51.100.9:443 inside  10.1
`, "10.1.1.5", 2, 3, 2, map[string]int{"ESTABLISHED": 1, "SYN_SENT": 1, "not told": 1}, "tcp/443"},
		"show conn detail": {`2 in use, 10 most used
Flags: A - awaiting responder ACK to SYN, U - up
TCP outside: 198.51.100.9/443 inside: 10.1.1.5/51234,
    flags UIO , idle 4s, uptime 5s, timeout 1h0m, bytes 2345
TCP outside: 198.51.100.10/443 inside: 10.1.1.5/51235,
    flags UfFR, idle 4s, uptime 5s, timeout 1h0m, bytes 2345
TCP outside: 198.51.100.10/4
`, "10.1.1.5", 2, 2, 2, map[string]int{"ESTABLISHED": 1, "FIN_WAIT": 1}, "tcp/443"},
		"show xlate": {`3 in use, 5 most used
Flags: D - DNS, i - dynamic, r - portmap, s - static, I - identity, T - twice
NAT from inside:192.168.1.150 to outside:203.0.113.252
    flags s idle 0:01:37 timeout 0:00:00
TCP PAT from inside:192.168.1.5/51234 to outside:203.0.113.1/51234 flags ri idle 0:00:04 timeout 0:00:30
UDP PAT from inside:192.168.1.5/5353 to outside:203.0.113.1/1024 flags ri
idle 0:00:04 timeout 0:00:30
TCP PAT from inside:192.168.1.6/4
`, "192.168.1.5", 2, 2, 2, map[string]int{"not told": 2}, ""},
		"show ip nat translations": {
			`Pro Inside global      Inside local       Outside local      Outside global
tcp 203.0.113.1:51776  10.1.0.2:51776     198.51.100.2:443   198.51.100.2:443
tcp 203.0.113.1:51778  10.1.0.2:51778     198.51.100.3:443   198.51.100.3:443
--- 203.0.113.226      192.168.10.10      ---                ---
tcp 203.0.113.1:51779  10.1.0.2:51779     198.51
Total number of translations: 3
`, "10.1.0.2", 2, 2, 1, map[string]int{"not told": 2}, "tcp/443"},
		"show ip nat translations verbose": {
			`Pro Inside global      Inside local       Outside local      Outside global
tcp 203.0.113.1:51776  10.1.0.2:51776     198.51.100.2:443   198.51.100.2:443
    create 00:02:11, use 00:02:11 timeout:86400000, left 23:57:48, Map-Id(In): 1, 
    flags: 
none, use_count: 0, entry-id: 10, lc_entries: 0
tcp 203.0.113.1:514 10.1.0.2:53 198.51.100.22:443 198.51.100.22:443
  create 04/09/11 10:51:48, use 04/09/11 10:52:31, timeout: 00:01:00
  Map-Id(In):1, Mac-Address: 0000.0000.0000 Input-IDB: GigabitEthernet0/3/1
  entry-id: 0x8ef80350, use_count:1
udp 203.0.113.1:515 10.1.0.2:54
`, "10.1.0.2", 2, 2, 1, map[string]int{"not told": 2}, "tcp/443"},
		"pfctl -ss": {`all tcp 198.51.100.4:443 <- 192.168.1.178:56094       ESTABLISHED:ESTABLISHED
all tcp 203.0.113.52:61001 (192.168.1.178:56094) -> 198.51.100.4:443       ESTABLISHED:ESTABLISHED
all udp 203.0.113.52:17449 (192.168.1.178:56095) -> 198.51.100.160:51820       SINGLE:NO_TRAFFIC
all udp 203.0.113.52:17449 (192.168.1.178:560
`, "192.168.1.178", 2, 2, 1, map[string]int{"ESTABLISHED": 1, "UNREPLIED": 1}, "tcp/443"},
		"pfctl -ss -v": {`all tcp 198.51.100.4:443 <- 192.168.1.178:56094       TIME_WAIT:TIME_WAIT
   [2837096760 + 392192] wscale 7  [2817892562 + 65792] wscale 10
   age 00:01:09, expires in 00:00:24, 249:432 pkts, 14863:616615 bytes, anchor 4
all icmp 192.168.1.9:11 -> 198.51.100.1:11       0:0
   age 00:00:02, expires in 00:00:08, 1:1 pkts, 84:84 bytes, rule 9
all udp 203.0.113.52:17449 (192.168.1.178:56095) -> 198.51.100.160:51820       MULTIPLE:MULTIPLE
   age 08:20:20, expires in 00:01:00, 317323773:165327693 pkts, 263517066416:102413038016 bytes
all udp 203.0
`, "192.168.1.178", 2, 3, 1, map[string]int{"TIME_WAIT": 1, "REPLIED": 1, "not told": 1}, "tcp/443"},
		"show security flow session": {`Flow Sessions on FPC1 PIC0:

Session ID: 2122, Policy name: nat/4, Timeout: 298, Session State: Valid
  In: 172.17.42.2/47612 --> 198.51.100.2/80;tcp, Conn Tag: 0x0, If: ge-0/0/1.0, Pkts: 7, Bytes: 1188, 
  Out: 198.51.100.2/80 --> 203.0.113.1/22745;tcp, Conn Tag: 0x0, If: ge-0/0/0.0, Pkts: 6, Bytes: 3881, 

Session ID: 2123, Policy name: nat/4, Timeout: 20, Valid
  In: 172.17.42.2/47613 --> 198.51.100.3/80;tcp, If: ge-0/0/1.0, Pkts: 1, Bytes: 60
  Out: 198.51.100.3/80 --> 203.0.113.1/22746;tcp, If: ge-0/0/0.0, Pkts: 0, Bytes: 0

Session ID: 2124, Policy name: nat/4, Timeout: 20, Valid
  In: 172.17.42.2/47614 --> 198.51.100.3/80;tcp, If: ge-0/0/1.0, Pkts: 1, Bytes: 60
Total sessions: 3
`, "172.17.42.2", 2, 2, 1, map[string]int{"not told": 1, "SYN_SENT": 1}, "tcp/80"},
		"diagnose sys session list": {
			`session info: proto=6 proto_state=01 duration=11 expire=3599 timeout=3600 flags=00000000 av_idx=0 use=5
origin-shaper=low-priority prio=4 guarantee 128000Bps max 1280000Bps traffic 1050Bps drops 0B
state=may_dirty npu npd os mif route_preserve 
statistic(bytes/packets/allow_err): org=868/15/1 reply=752/10/1 tuples=2
hook=post dir=org act=snat 10.1.100.11:58241->198.51.100.55:21(203.0.113.1:58241)
hook=pre dir=reply act=dnat 198.51.100.55:21->203.0.113.1:58241(10.1.100.11:58241)
misc=0 policy_id=1 auth_info=0 chk_client_info=0 vd=4

session info: proto=17 proto_state=00 duration=16 expire=163 timeout=0 flags=00000000 use=3
hook=post dir=org act=snat 10.1.100.11:58241->198.51.100.55:53(203.0.113.1:58241)
session info: proto=17 proto_state=00 duration=16 expire=163 timeout=0 fl
total session 3
`, "10.1.100.11", 2, 2, 1, map[string]int{"ESTABLISHED": 1, "UNREPLIED": 1}, "tcp/21"},
	} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			args := []string{"import", "--data", data, "--router", "gw", "--captured-at", "2026-01-05 10:00",
				"--timezone", "UTC", "-"}
			ok(t, c.text, args...)
			again := ok(t, c.text, args...)
			if !strings.Contains(again, " 0 new events") {
				t.Errorf("the second time: %s", again)
			}
			at := []string{"--data", data, "--timezone", "UTC", "--from", "2026-01-05", "--to", "2026-01-06"}
			fs := decoded(t, uncloak(t, "", append([]string{"findings", "--format", "json"}, at...)...))
			if len(fs) != 1 || fs[0].Kind != "snapshot" || fs[0].Entries != c.all || len(fs[0].Listed) == 0 {
				t.Fatalf("got %+v", fs)
			}
			top := &fs[0].Listed[0]
			if top.Host != c.holder || top.Entries != c.held || top.Port != c.port {
				t.Errorf("held most: %+v", top)
			}
			if got := fs[0].States; !maps.Equal(got, c.states) {
				t.Errorf("states %v", got)
			}
			unknown := ok(t, "", append([]string{"query", "--kind", parse.Unknown.String()}, at...)...)
			if n := strings.Count(unknown, "\n"); n != c.unknown {
				t.Errorf("%d lines are not understood, want %d:\n%s", n, c.unknown, unknown)
			}
			table := ok(t, "", append([]string{"table"}, at...)...)
			if !strings.Contains(table, "LISTED") || !strings.Contains(table, c.holder) {
				t.Errorf("table:\n%s", table)
			}
		})
	}
}
