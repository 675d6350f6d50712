package parse

import "testing"

// TestNetfilterKin: arptables, Proxmox VE, shorewall, vuurmuur. Sources of the lines: testdata/family-c.md and shared corpus.
func TestNetfilterKin(t *testing.T) {
	checkAll(t, []says{
		{"arptables", `Nov 21 10:00:00 fw kernel: ARP IN=eth0 OUT= MAC=ff:ff ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=00:11:22:33:44:55 IPSRC=10.0.0.1 MACDST=00:00:00:00:00:00 IPDST=10.0.0.2`,
			`{"kind":"fw-packet","event":"system","dialect":"netfilter","stamp":"11-21T10:00:00","host":"fw","src":"10.0.0.1","dst":"10.0.0.2","in_if":"eth0","rule":"ARP","app":"kernel","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"proxmox guest", `100 4 tap100i0-IN 21/Nov/2026:10:00:00 +0100 policy DROP: IN=fwbr100i0 OUT=fwbr100i0 PHYSIN=fwln100i0 PHYSOUT=tap100i0 MAC=x SRC=10.0.0.1 DST=10.0.0.2 LEN=60 TTL=64 PROTO=TCP SPT=40000 DPT=22 SEQ=1 ACK=0 WINDOW=64240 SYN`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"netfilter","action":"deny","stamp":"2026-11-21T10:00:00","time":"2026-11-21T10:00:00+01:00","src":"10.0.0.1","sport":40000,"dst":"10.0.0.2","dport":22,"proto":"tcp","flags":"SYN","in_if":"fwbr100i0","out_if":"fwbr100i0","rule":"policy DROP","nat_src":null,"nat_dst":null,"detail":null}`},
		{"proxmox host", `0 6 PVEFW-HOST-IN 24/Jul/2025:17:27:00 +0200 policy DROP: IN=vmbr0 PHYSIN=enp0s3 MAC=ae:b7:cd:26:7f:d2:54:5e:96:4b:2c:cf:08:00 SRC=10.137.113.200 DST=10.3.0.2 LEN=60 TOS=0x00 PREC=0x00 TTL=128 ID=64406 PROTO=ICMP TYPE=8 CODE=0 ID=1 SEQ=1`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"netfilter","action":"deny","stamp":"2025-07-24T17:27:00","time":"2025-07-24T17:27:00+02:00","src":"10.137.113.200","dst":"10.3.0.2","proto":"icmp","in_if":"vmbr0","rule":"policy DROP","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"proxmox note", `0 5 - 24/Jul/2025:16:45:37 +0200 stopping pvefw logger`,
			`{"kind":"other","event":"system","dialect":"netfilter","stamp":"2025-07-24T16:45:37","time":"2025-07-24T16:45:37+02:00","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"shorewall", `Nov 21 10:00:00 fw kernel: Shorewall:net-fw:DROP:IN=eth0 OUT= MAC=x SRC=10.0.0.1 DST=10.0.0.2 LEN=60 TTL=64 PROTO=TCP SPT=40000 DPT=22 SYN`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"netfilter","action":"deny","stamp":"11-21T10:00:00","host":"fw","src":"10.0.0.1","sport":40000,"dst":"10.0.0.2","dport":22,"proto":"tcp","flags":"SYN","in_if":"eth0","rule":"Shorewall:net-fw:DROP","app":"kernel","nat_src":null,"nat_dst":null,"out_if":null,"detail":null}`},
		{"vuurmuur", `Nov 21 10:00:00 fw kernel: vrmr: DROP no match IN=eth0 OUT= MAC=x SRC=10.0.0.1 DST=10.0.0.2 LEN=60 TTL=64 PROTO=TCP SPT=40000 DPT=22 SYN`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"netfilter","action":"deny","stamp":"11-21T10:00:00","host":"fw","src":"10.0.0.1","sport":40000,"dst":"10.0.0.2","dport":22,"proto":"tcp","flags":"SYN","in_if":"eth0","rule":"vrmr: DROP no match","app":"kernel","nat_src":null,"nat_dst":null,"out_if":null,"detail":null}`},
	})
}
