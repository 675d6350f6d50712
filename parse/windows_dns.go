package parse

import "uncloak/parse/scan"

// windowsDNSDialect describes the debug log of the Windows DNS server: a file with a line for each DNS packet.
func windowsDNSDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "windows-dns",
			Devices: "Windows Server, DNS debug log",
			Sample:  "11/21/2026 10:00:00 AM 0F4C PACKET  000002DAEC36D650 UDP Rcv 192.0.2.5       d07e   Q [0001   D   NOERROR] A      (3)www(7)example(3)com(0)",
			Reads: "Questions that the server received, with client, name and type; its answers and its own " +
				"questions to others are told apart. The server's local time; month first where AM or PM " +
				"stands, else day first.",
			Enable: "Set-DnsServerDiagnostics -Queries $true -QuestionTransactions $true -ReceivePackets $true " +
				"-UdpPackets $true -TcpPackets $true -EnableLoggingToFile $true.",
			Source: "Microsoft, Set-DnsServerDiagnostics; DNS Logging and Diagnostics",
		},
		known:  "PACKET behind a stamp and a thread's number, and labels with their lengths",
		begins: []string{"PACKET "},
		number: anything,
		looks:  looksWindowsDNS,
		kind:   file,
		read:   windowsDNS,
	}
}

// windowsDNSPacket reads the packets of the Windows DNS server's debug log:
//
//	11/21/2026 10:00:00 AM 0F4C PACKET  000002DAEC36D650 UDP Rcv 10.0.0.5        d07e   Q [0001   D   NOERROR] A      (3)www(7)example(3)com(0)
//
// A question that was received is DNSQuery. Answers ("R Q") and the server's own questions to others (Snd) are System,
// so a question is counted once. at is where "PACKET" stands. The date is in the server's own order: behind AM or PM
// month first, with points or a clock of 24 hours day first, as Windows' regions have it.
func windowsDNSPacket(b []byte, at int, rec *Record) bool {
	_, rest := scan.Word(b[at:]) // PACKET
	_, rest = scan.Word(rest)    // address of the packet in memory
	proto, rest := scan.Word(rest)
	way, rest := scan.Word(rest)
	peer, rest := scan.Word(rest)
	_, rest = scan.Word(rest) // the query's id
	if rec.Proto = protocol(proto); rec.Proto == 0 || string(way) != "Rcv" && string(way) != "Snd" {
		return false
	}
	if rec.Src = scan.Addr(peer); !rec.Src.IsValid() {
		return false
	}
	op, _ := scan.Word(rest)
	_, rest = scan.CutByte(rest, ']')
	rec.QType, rest = scan.Word(rest)
	rec.QName = labels(scan.TrimLeft(rest), rec)
	rec.Dialect = "windows-dns"
	if s, ok := windowsStamp(b[:at]); ok {
		ownStamp(rec, &s)
	}
	switch {
	case len(rec.QName) == 0:
		return mark(rec, System, "other")
	case string(op) == "Q" && string(way) == "Rcv":
		dnsQuestion(rec)
	case string(op) == "R":
		rec.detail = rec.QName
		return mark(rec, System, "dns-reply")
	default:
		rec.detail = rec.QName
		return mark(rec, System, "dns-forward")
	}
	return true
}

// labels reads "(3)www(7)example(3)com(0)" as a name; nil for anything else. It is built in the Parser's scratch.
func labels(b []byte, rec *Record) []byte {
	start := len(rec.mem.scratch)
	for len(b) > 2 && b[0] == '(' && len(rec.mem.scratch)-start < maxNameLen {
		n, rest, ok := scan.Leading(b[1:])
		if !ok || len(rest) == 0 || rest[0] != ')' || n > 63 || int(n) >= len(rest) {
			return nil
		}
		if n == 0 {
			if len(rec.mem.scratch) == start {
				return rec.keep(".")
			}
			return rec.mem.scratch[start:len(rec.mem.scratch):len(rec.mem.scratch)]
		}
		if len(rec.mem.scratch) > start {
			rec.mem.scratch = append(rec.mem.scratch, '.')
		}
		rec.mem.scratch = append(rec.mem.scratch, rest[1:1+n]...)
		b = rest[1+n:]
	}
	return nil
}

// windowsStamp reads "11/21/2026 10:00:00 AM 0F4C", "21.11.2026 10:00:00 0F4C", "20261121 10:00:00 0F4C" and
// "2026-11-21 10:00:00 0F4C".
func windowsStamp(b []byte) (s Stamp, ok bool) {
	date, rest := scan.Word(b)
	clock, rest := scan.Word(rest)
	half, _ := scan.Word(rest)
	var f [3]uint64
	n, r := 0, date
	if len(date) == 8 && scan.AllDigits(date) {
		f[0], _ = scan.Number(date[:4])
		f[1], _ = scan.Number(date[4:6])
		f[2], _ = scan.Number(date[6:])
		n = 3
	}
	for ; n < 3 && len(r) > 0; n++ {
		v, rr, ok := scan.Leading(r)
		if !ok {
			return s, false
		}
		if f[n], r = v, rr; len(r) > 0 {
			r = r[1:]
		}
	}
	var padded [8]byte // the clock's hour may have one digit
	if len(clock) == 7 {
		padded[0] = '0'
		copy(padded[1:], clock)
		clock = padded[:]
	}
	if left, ok := s.clock(clock); !ok || len(left) > 0 || n != 3 {
		return Stamp{}, false
	}
	year, month, day := f[0], f[1], f[2]
	if year < 100 { // the year stands last
		year, month, day = f[2], f[1], f[0]
	}
	if string(half) == "AM" || string(half) == "PM" {
		month, day = day, month
		if s.Hour %= 12; string(half) == "PM" {
			s.Hour += 12
		}
	}
	if year < 1970 || year > 2199 || month < 1 || month > 12 || day < 1 || day > 31 {
		return Stamp{}, false
	}
	s.Year, s.Month, s.Day = int16(year), uint8(month), uint8(day)
	return s, true
}

// looksWindowsDNS reports whether the word PACKET stands behind a stamp and a thread's number.
func looksWindowsDNS(b []byte, _ *Record) bool {
	return len(b) > 20 && scan.Index(b[:min(len(b), 48)], " PACKET ") > 0
}

// windowsDNS reads a packet, whose thread's number the header may have taken for a host.
func windowsDNS(b []byte, rec *Record) bool {
	if scan.Has(b, "PACKET ") {
		if len(rec.Host) != 4 || !windowsDNSPacket(b, 0, rec) {
			return false
		}
		rec.Host = nil
		return true
	}
	return windowsDNSPacket(b, scan.Index(b, " PACKET ")+1, rec)
}
