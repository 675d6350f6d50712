package parse

import "testing"

// Lines of the debug log that Set-DnsServerDiagnostics switches on, with the dates of several regions.
func TestWindowsDNS(t *testing.T) {
	checkAll(t, []says{
		{"question", `11/21/2026 1:43:00 PM 0F4C PACKET  000002DAEC36D650 UDP Rcv 10.1.1.5        d07e   Q [0001   D   NOERROR] A      (3)www(7)example(3)com(0)`,
			`{"kind":"dns-query","event":"dns-query","dialect":"windows-dns","stamp":"2026-11-21T13:43:00","src":"10.1.1.5","qname":"www.example.com","qtype":"A","proto":"udp","host":null}`},
		{"midnight", `11/21/2026 12:00:05 AM 0F4C PACKET  000002DAEC36D650 UDP Rcv 10.1.1.5        d07e   Q [0001   D   NOERROR] A      (3)www(7)example(3)com(0)`,
			`{"event":"dns-query","stamp":"2026-11-21T00:00:05"}`},
		{"noon", `11/21/2026 12:00:05 PM 0F4C PACKET  000002DAEC36D650 UDP Rcv 10.1.1.5        d07e   Q [0001   D   NOERROR] A      (3)www(7)example(3)com(0)`,
			`{"event":"dns-query","stamp":"2026-11-21T12:00:05"}`},
		{"day first, over TCP, reverse", `21.11.2026 13:43:01 0F4C PACKET  000002DAEC36D650 TCP Rcv 2001:db8::5     d07e   Q [0001   D   NOERROR] PTR    (1)5(1)2(1)0(3)192(7)in-addr(4)arpa(0)`,
			`{"event":"dns-query","src":"2001:db8::5","qtype":"PTR","qname":"5.2.0.192.in-addr.arpa","nat_dst":"192.0.2.5","proto":"tcp","stamp":"2026-11-21T13:43:01"}`},
		{"its answer", `20261121 13:43:02 0F4C PACKET  000002DAEC36D650 UDP Snd 10.1.1.5        d07e R Q [8081   DR  NOERROR] A      (3)www(7)example(3)com(0)`,
			`{"kind":"dns-reply","event":"system","src":"10.1.1.5","qname":"www.example.com","stamp":"2026-11-21T13:43:02"}`},
		{"its own question", `2026-11-21 13:43:03 0F4C PACKET  000002DAEC36D650 UDP Snd 198.51.100.53   1a2b   Q [0001   D   NOERROR] A      (3)www(7)example(3)com(0)`,
			`{"kind":"dns-forward","event":"system","src":"198.51.100.53","host":null,"stamp":"2026-11-21T13:43:03"}`},
		{"answer to its own question", `11/21/2026 1:43:04 PM 0F4C PACKET  000002DAEC36D650 UDP Rcv 198.51.100.53   1a2b R Q [8081   DR  NOERROR] A      (3)www(7)example(3)com(0)`,
			`{"kind":"dns-reply","event":"system","src":"198.51.100.53"}`},
		{"root", `11/21/2026 1:43:05 PM 0F4C PACKET  000002DAEC36D650 UDP Rcv 10.1.1.5        d07e   Q [0001   D   NOERROR] NS     (0)`,
			`{"event":"dns-query","qname":".","qtype":"NS"}`},
		{"a label longer than its number", `11/21/2026 1:43:06 PM 0F4C PACKET  000002DAEC36D650 UDP Rcv 10.1.1.5        d07e   Q [0001   D   NOERROR] A      (3)wwww(0)`,
			`{"kind":"other","event":"system","dialect":"windows-dns","qname":null}`},
		{"neither received nor sent", `11/21/2026 1:43:07 PM 0F4C PACKET  000002DAEC36D650 UDP Fwd 10.1.1.5        d07e   Q [0001   D   NOERROR] A      (3)www(7)example(3)com(0)`,
			`{"event":"unknown","dialect":null,"src":null}`},
		{"another subject", `11/21/2026 1:43:08 PM 0F4C EVENT   The DNS server has started.`, `{"event":"unknown","dialect":null}`},
	})
}
