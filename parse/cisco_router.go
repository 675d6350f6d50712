package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// ciscoRouterDialect describes the syslog messages of Cisco's routers and switches, and of Arista and SONiC: access
// lists, NAT, links.
func ciscoRouterDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "cisco-ios",
			Devices: "Cisco IOS, IOS-XE, IOS-XR, NX-OS; Arista EOS, SONiC",
			Sample:  "000123: *Nov 21 20:28:01.123 UTC: %SEC-6-IPACCESSLOGP: list 101 denied tcp 198.51.100.7(4444) (GigabitEthernet0/0 0011.2233.4455) -> 192.0.2.1(22), 1 packet",
			Reads: "Header with sequence numbers, host, clock marks, zone and process; access-list logs of IPv4 " +
				"and IPv6 with rule, packets and interface, and how many were not logged; NAT translations with " +
				"all four addresses; exhausted pools; sessions and drops of the zone firewall; links. Any other " +
				"mnemonic is kept by name.",
			Enable: "The keyword log or log-input at the end of an access-list entry; ip nat log translations " +
				"syslog; ip inspect audit-trail; logging host 192.0.2.5 and logging trap informational.",
			Source: "Cisco IOS System Message Guide; Cisco IOS XE NAT Configuration Guide (Monitoring and " +
				"Maintaining NAT); Nexus 7000 Optimized ACL Logging (document 118907)",
		},
		known:   "%FACILITY-SEVERITY-MNEMONIC, or a CGN record in brackets",
		console: OtherConsole,
		tags:    []string{"NAT", "NAT*"},
		begins:  []string{"NAT: ", "NAT*: "},
		looks:   hasPercent,
		read:    iosForms,
		own:     iosForms,
	}
}

// ios reads the messages of IOS, IOS-XE, IOS-XR and NX-OS, and of what speaks like them (EOS, SONiC): access lists,
// NAT, firewall sessions and links. Every other mnemonic is System with the mnemonic as Detail.
func ios(m mnemonic, rec *Record) bool {
	if bytes.HasPrefix(m.facility, []byte("IOSXE")) {
		if i := bytes.LastIndexByte(m.text, '%'); i >= 0 && i+4 < len(m.text) {
			if inner, ok := cutMnemonic(m.text, i); ok { // "QFP:0.0 Thread:000 TS:… %NAT-6-…"
				m.facility, m.name, m.whole, m.text = inner.facility, inner.name, inner.whole, inner.text
			}
		}
	}
	word := rec.Word
	rec.Dialect = "cisco-ios"
	if iosMessage(m, rec) {
		return true
	}
	rec.Event, rec.Word, rec.Action, rec.InIf, rec.OutIf = Event{}, word, "", nil, nil
	rec.plain(m.whole)
	return true
}

func iosMessage(m mnemonic, rec *Record) bool {
	switch {
	case bytes.Contains(m.name, []byte("ACCESSLOG")):
		return iosAccessList(m, rec)
	case bytes.HasPrefix(m.name, []byte("ACLLOG_")):
		return nxosAccessList(m.text, rec)
	case bytes.Contains(m.facility, []byte("NAT")), bytes.Contains(m.facility, []byte("CGN")):
		return iosNAT(m, rec)
	case string(m.facility) == "FW":
		return iosFirewall(m, rec)
	case string(m.name) == "MSGLOST": // %SYS-3-MSGLOST: 5 messages lost because of queue overflow
		n, _ := scan.Word(m.text)
		rec.Kind, rec.Word, rec.Count, rec.detail = Suppressed, "suppressed", scan.Number32(n), m.name
		return true
	case string(m.facility) == "SYS" && string(m.name) == "MALLOCFAIL":
		rec.plain(m.whole)
		return rec.alarm("cisco-mallocfail")
	case string(m.facility) == "SEC_LOGIN":
		rec.plain(m.whole)
		rec.Src = scan.Addr(scan.Until(scan.After(m.text, "[Source: "), "]"))
		return true
	case iosNamesHost(m):
		rec.plain(m.whole)
		rec.Src, _ = scan.AnyAddress(m.text[:min(len(m.text), 160)])
		return true
	case string(m.name) == "UPDOWN", string(m.name) == "CHANGED", bytes.HasPrefix(m.name, []byte("IF_")),
		bytes.HasPrefix(m.facility, []byte("ETH")) || bytes.HasPrefix(m.facility, []byte("PORT")):
		return iosLink(m, rec)
	}
	return false
}

// iosNamesHost reports whether a message is one of those about logins, sessions of the command line and ARP, whose text
// has one address: the host's.
//
//	%SSH-5-SSH2_SESSION: SSH2 Session request from 192.168.1.9 (tty = 0) using …
//	%SYS-6-LOGOUT: User admin has exited tty session 4(192.168.1.9)
//	%DAEMON-3-SYSTEM_MSG: error: PAM: Authentication failure for illegal user x from 192.168.1.9 - dcos_sshd[12]
//	%IP-4-DUPADDR: Duplicate address 192.168.1.9 on Vlan1, sourced by 0000.5e00.5301
func iosNamesHost(m mnemonic) bool {
	switch string(m.facility) {
	case "SSH", "DMI", "ARP", "SW_DAI", "AUTHPRIV", "DAEMON", "AAA", "IPV6_ND":
		return true
	case "SYS":
		return string(m.name) == "LOGOUT" || string(m.name) == "CONFIG_I"
	case "IP":
		return string(m.name) == "DUPADDR"
	}
	return false
}

// iosAccessList reads "list 101 denied tcp 10.0.6.56(3067) (Serial4/3 ) -> 172.36.4.7(139), 1 packet" and its kin: ICMP
// with (type/code), protocols without ports, standard lists with the source only, XR's "access-list acl (20) permit …".
// The first packet of a flow is logged at once and then one line every five minutes with the count, so a permission of
// more than one packet is an update.
func iosAccessList(m mnemonic, rec *Record) bool {
	if bytes.HasSuffix(m.name, []byte("LOGRL")) { // rate-limited or missed 18 packets
		n, _ := scan.Word(scan.After(m.text, "missed "))
		rec.Kind, rec.Word, rec.Count, rec.detail = Suppressed, "suppressed", scan.Number32(n), m.name
		return true
	}
	name, r := scan.Word(scan.After(m.text, "list "))
	action, r := scan.Word(r)
	if len(action) > 0 && action[0] == '(' {
		action, r = scan.Word(r)
	}
	allowed := bytes.HasPrefix(action, []byte("permit"))
	if !allowed && !bytes.HasPrefix(action, []byte("den")) {
		return false
	}
	left, right := r, []byte(nil)
	if i := bytes.Index(r, []byte("->")); i >= 0 {
		left, right = r[:i], r[i+2:]
	}
	if proto, rest := scan.Word(left); !scan.Addr(scan.Until(proto, "(")).IsValid() {
		rec.Proto, left = protocol(proto), rest
	}
	left = iosEndpoint(left, rec)
	if !rec.Src.IsValid() {
		return false
	}
	if w, _ := scan.Word(left); right != nil && len(w) > 0 {
		w = bytes.Trim(w, "()") // the interface of "log-input"
		if scan.HasLetter(w) {
			rec.InIf = w
		}
	}
	if right != nil {
		w, rest := scan.Word(right)
		rec.Dst, rec.DPort = scan.ParenPort(bytes.TrimRight(w, ","))
		if !rec.Dst.IsValid() {
			return false
		}
		left = rest
	}
	rec.verdict(allowed)
	rec.detail, rec.Packets = name, packetCount(left)
	if allowed && rec.Packets > 1 {
		rec.Kind = SessionUpdate
	}
	rec.Proto = icmpOf(rec.Proto, rec.Src)
	return true
}

// iosEndpoint finds the source, which a MAC address may precede, and returns what follows it.
func iosEndpoint(b []byte, rec *Record) (rest []byte) {
	for range 3 {
		var w []byte
		if w, b = scan.Word(b); len(w) == 0 {
			return nil
		}
		if rec.Src, rec.SPort = scan.ParenPort(bytes.TrimRight(w, ",")); rec.Src.IsValid() {
			return b
		}
	}
	return nil
}

// packetCount reads the number in front of "packet".
func packetCount(b []byte) uint32 {
	i := bytes.Index(b, []byte(" packet"))
	if i < 0 {
		return 0
	}
	return scan.Number32(scan.LastWord(b[:i]))
}

// nxosAccessList reads "Src IP: 172.30.10.100, Dst IP: 10.135.15.2, Src Port: 0, …, Protocol: "TCP"(6), ACL Name: a,
// ACE Action: Permit, …, Hit-count: 600".
func nxosAccessList(b []byte, rec *Record) bool {
	var acl, action []byte
	scan.Pairs(b, ':', ',', func(key, v []byte) {
		switch string(key) {
		case "Src IP", "Source IP":
			rec.Src = scan.Addr(v)
		case "Dst IP", "Destination IP":
			rec.Dst = scan.Addr(v)
		case "Src Port", "Source Port":
			rec.SPort = scan.Port(v)
		case "Dst Port", "Destination Port":
			rec.DPort = scan.Port(v)
		case "Src Intf", "Source Interface":
			rec.InIf = v
		case "Protocol":
			rec.Proto = protocol(v) // the name; 253 stands for any
		case "ACL Name":
			acl = v
		case "ACE Action":
			action = v
		case "Hit-count", "Hit-Count":
			rec.Packets = scan.Number32(v)
		}
	})
	if i := bytes.Index(b, []byte("Hit-count = ")); i >= 0 {
		n, _ := scan.Word(b[i+len("Hit-count = "):])
		rec.Packets = scan.Number32(n)
	}
	if !rec.Src.IsValid() {
		return false
	}
	rec.verdict(scan.EqualLower(action, "permit"))
	rec.detail = acl
	switch {
	case len(action) == 0: // old releases do not say
		rec.Kind, rec.Action = System, ""
	case rec.Kind == SessionNew && rec.Packets > 1:
		rec.Kind = SessionUpdate
	}
	return true
}

// iosNAT reads "Created tcp 10.0.0.1:43800 10.17.3.32:1024 192.168.0.1:80 10.17.3.2:80", which is inside local, inside
// global, outside local and outside global; and that a pool is exhausted.
func iosNAT(m mnemonic, rec *Record) bool {
	name := m.name
	created := bytes.HasSuffix(name, []byte("CREATED")) || bytes.HasPrefix(m.text, []byte("Created"))
	deleted := bytes.HasSuffix(name, []byte("DELETED")) || bytes.HasPrefix(m.text, []byte("Deleted"))
	if created || deleted {
		r := m.text
		for range 3 {
			w, rest := scan.Word(r)
			if n := protocol(w); n != 0 {
				rec.Proto, r = n, rest
				break
			}
			if len(w) > 0 && scan.IsDigit(w[0]) {
				break
			}
			r = rest
		}
		var f [4][]byte
		for i := range f {
			f[i], r = scan.Word(r)
		}
		rec.Src, rec.SPort = scan.HostPort(f[0], ':')
		rec.NATSrc, rec.NATSPort = scan.HostPort(f[1], ':')
		rec.Dst, rec.DPort = scan.HostPort(f[2], ':')
		rec.NATDst, rec.NATDPort = scan.HostPort(f[3], ':')
		rec.translation(created)
		return rec.Src.IsValid() && rec.NATSrc.IsValid()
	}
	if exhausted(name) || exhausted(m.text) || bytes.Contains(name, []byte("ALLOC_FAIL")) ||
		bytes.Contains(name, []byte("MAX_ENTRIES")) {
		pool, _ := scan.Word(scan.After(m.text, "pool "))
		if len(pool) == 0 {
			pool = name
		}
		host, _ := scan.Word(scan.After(m.text, "failed for "))
		rec.Src = scan.Addr(bytes.TrimRight(host, ","))
		rec.full("nat-exhausted", scan.TrimRight(pool, ",;."))
		return true
	}
	return false
}

// iosFirewall reads the audit trail of the IOS firewall and the packets that it drops: "Start tcp session: initiator
// (a:p) -- responder (b:q)", "Stop tcp session: initiator (a:p) sent 48 bytes -- responder (b:q) sent 99 bytes",
// "Dropping tcp pkt from Gi1/0 a:p => b:q(…) due to …".
func iosFirewall(m mnemonic, rec *Record) bool {
	b := m.text
	if i := bytes.Index(b, []byte("initiator (")); i >= 0 {
		proto, _ := scan.Word(scan.After(b[:i], "Start "))
		end := len(proto) == 0
		if end {
			proto, _ = scan.Word(scan.After(b[:i], "Stop "))
		}
		rec.Proto = protocol(proto)
		rec.Src, rec.SPort = scan.HostPort(scan.Until(b[i+len("initiator ("):], ")"), ':')
		r := scan.After(b[i:], "responder (")
		rec.Dst, rec.DPort = scan.HostPort(scan.Until(r, ")"), ':')
		sent, _ := scan.Word(scan.After(b[i:], " sent "))
		got, _ := scan.Word(scan.After(r, " sent "))
		n1, _ := scan.Number(sent)
		n2, _ := scan.Number(got)
		rec.Bytes = n1 + n2
		rec.Kind, rec.Word, rec.Action = SessionNew, "session", "session-create"
		if end {
			rec.Kind, rec.Action = SessionEnd, "session-delete"
		}
		return rec.Src.IsValid() && rec.Dst.IsValid()
	}
	if bytes.Contains(m.name, []byte("ALERT_ON")) || string(m.name) == "BLOCK_HOST" ||
		scan.ContainsLower512(b, "max tcp half-open") {
		host, _ := scan.Word(scan.After(b, "host "))
		rec.Dst = scan.Addr(bytes.TrimRight(host, "."))
		rec.full("session-limit", m.name)
		return true
	}
	summary := string(m.name) == "LOG_SUMMARY" // 2 packets were dropped from Gi0/1 a:p => b:q (target:class)-…
	pass := string(m.name) == "PASS_PKT" || summary && bytes.Contains(b, []byte(" were passed "))
	drop := string(m.name) == "DROP_PKT" || summary && !pass
	if !drop && !pass {
		return false
	}
	rec.Proto = firstProtocol(b)
	for w, r := scan.Word(b); len(w) > 0 && !rec.Dst.IsValid(); w, r = scan.Word(r) {
		if a, port := scan.HostPort(scan.Until(w, "("), ':'); a.IsValid() && scan.IsDigit(w[0]) {
			if !rec.Src.IsValid() {
				rec.Src, rec.SPort = a, port
			} else {
				rec.Dst, rec.DPort = a, port
			}
		}
	}
	if rec.InIf, _ = scan.Word(scan.After(b, "pkt from ")); summary {
		rec.InIf, _ = scan.Word(scan.After(b, " from "))
		n, _, _ := scan.Leading(b)
		rec.Packets = scan.Saturate(n)
	}
	rec.verdict(pass)
	if summary && pass {
		rec.Kind = SessionUpdate
	}
	if i := bytes.Index(b, []byte(" due to ")); i >= 0 {
		reason := b[i+len(" due to "):]
		if j := bytes.Index(reason, []byte(" with ip ident")); j >= 0 {
			reason = reason[:j]
		}
		rec.detail = scan.TrimLeft(scan.TrimBody(reason))
	}
	return rec.Src.IsValid() && rec.Dst.IsValid()
}

// iosLink reads "Interface Gi0/1, changed state to up", "Interface Ethernet1/33 is down (Link failure)" and "individual
// port Ethernet1/33 is down".
func iosLink(m mnemonic, rec *Record) bool {
	b := m.text
	i := bytes.Index(b, []byte("nterface "))
	skip := len("nterface ")
	if i < 0 {
		i, skip = bytes.Index(b, []byte("port ")), len("port ")
	}
	if i < 0 {
		return false
	}
	w, r := scan.Word(b[i+skip:])
	state := scan.After(r, "state to ")
	if state == nil {
		state = scan.After(r, "is ")
	}
	state = bytes.TrimPrefix(state, []byte("administratively "))
	s, _ := scan.Word(state)
	s = scan.TrimRight(s, ",.")
	up, down := scan.EqualLower(s, "up"), scan.EqualLower(s, "down")
	if !up && !down {
		return false
	}
	rec.InIf = scan.TrimRight(w, ",:")
	rec.detail = rec.InIf
	rec.link(up)
	return true
}
