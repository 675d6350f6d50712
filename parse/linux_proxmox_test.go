package parse

import "testing"

// Lines of pvefw-logger.
func TestProxmox(t *testing.T) {
	checkAll(t, []says{
		{"guest", `100 4 tap100i0-IN 21/Nov/2026:10:00:00 +0100 policy DROP: IN=fwbr100i0 OUT=fwbr100i0 PHYSIN=fwln100i0 PHYSOUT=tap100i0 MAC=x SRC=10.0.0.1 DST=10.0.0.2 LEN=60 TTL=64 PROTO=TCP SPT=40000 DPT=22 SEQ=1 ACK=0 WINDOW=64240 SYN`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"netfilter","action":"deny","stamp":"2026-11-21T10:00:00","time":"2026-11-21T10:00:00+01:00","src":"10.0.0.1","sport":40000,"dst":"10.0.0.2","dport":22,"proto":"tcp","flags":"SYN","in_if":"fwbr100i0","out_if":"fwbr100i0","rule":"policy DROP","nat_src":null,"nat_dst":null,"detail":null}`},
		{"host", `0 6 PVEFW-HOST-IN 24/Jul/2025:17:27:00 +0200 policy DROP: IN=vmbr0 PHYSIN=enp0s3 MAC=ae:b7:cd:26:7f:d2:54:5e:96:4b:2c:cf:08:00 SRC=10.137.113.200 DST=10.3.0.2 LEN=60 TOS=0x00 PREC=0x00 TTL=128 ID=64406 PROTO=ICMP TYPE=8 CODE=0 ID=1 SEQ=1`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"netfilter","action":"deny","stamp":"2025-07-24T17:27:00","time":"2025-07-24T17:27:00+02:00","src":"10.137.113.200","dst":"10.3.0.2","proto":"icmp","in_if":"vmbr0","rule":"policy DROP","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"note", `0 5 - 24/Jul/2025:16:45:37 +0200 stopping pvefw logger`,
			`{"kind":"other","event":"system","dialect":"netfilter","stamp":"2025-07-24T16:45:37","time":"2025-07-24T16:45:37+02:00","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"rejected on its way out", `101 6 tap101i0-OUT 21/Nov/2026:10:00:01 -0530 REJECT: IN=fwbr101i0 OUT=fwbr101i0 PHYSIN=tap101i0 PHYSOUT=fwln101i0 MAC=x SRC=10.0.0.1 DST=198.51.100.9 LEN=60 TTL=64 PROTO=UDP SPT=40000 DPT=53 LEN=40`,
			`{"event":"session-denied","action":"deny","time":"2026-11-21T10:00:01-05:30","src":"10.0.0.1","sport":40000,"dst":"198.51.100.9","dport":53,"proto":"udp","rule":"REJECT"}`},
		{"accepted", `100 6 tap100i0-IN 21/Nov/2026:10:00:02 +0100 ACCEPT: IN=fwbr100i0 OUT=fwbr100i0 MAC=x SRC=10.0.0.1 DST=10.0.0.2 LEN=60 TTL=64 PROTO=TCP SPT=40000 DPT=22 SYN`,
			`{"event":"session-new","action":"allow"}`},
		{"no month", `100 6 tap100i0-IN 21/Nev/2026:10:00:02 +0100 an entry`, `{"event":"unknown","dialect":null,"stamp":null}`},
		{"a web server's line", `10.0.0.5 - - [21/Nov/2026:10:00:00 +0100] "GET / HTTP/1.1" 200 512`, `{"event":"unknown","dialect":null,"src":null}`},
	})
}
