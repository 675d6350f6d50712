package parse

import "testing"

// Messages of OpenWrt's odhcpd, src/dhcpv6-ia.c and src/router.c.
func TestOdhcpd(t *testing.T) {
	checkAll(t, []says{
		{"request", `Nov 21 10:10:04 gw odhcpd[1]: DHCPV6 REQUEST IA_NA from 000100012a00000000005e005303 on br-lan: ok 2001:db8::50/128`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"odhcpd","stamp":"11-21T10:10:04","host":"gw","app":"odhcpd","procid":"1","src":"2001:db8::50","in_if":"br-lan","out_if":null,"detail":null}`},
		{"renew", `<30>Nov 21 10:10:05 gw odhcpd[1]: DHCPV6 RENEW IA_NA from 000100012a00000000005e005303 on br-guest: ok 2001:db8:2::51/128`,
			`{"event":"dhcp-lease","src":"2001:db8:2::51","in_if":"br-guest","pri":30}`},
		{"rebind", `Nov 21 10:10:06 gw odhcpd[1]: DHCPV6 REBIND IA_NA from 000100012a00000000005e005303 on br-lan: ok 2001:db8::50/128`,
			`{"event":"dhcp-lease","src":"2001:db8::50"}`},
		{"an offer is no lease", `Nov 21 10:10:03 gw odhcpd[1]: DHCPV6 SOLICIT IA_NA from 000100012a00000000005e005303 on br-lan: ok 2001:db8::50/128`,
			`{"kind":"dhcp","event":"system","dialect":"odhcpd","src":"2001:db8::50","in_if":"br-lan"}`},
		{"refused", `Nov 21 10:10:07 gw odhcpd[1]: DHCPV6 REQUEST IA_NA from 000100012a00000000005e005303 on br-lan: no addresses available`,
			`{"kind":"dhcp","event":"system","dialect":"odhcpd","src":null,"in_if":"br-lan"}`},
		{"given back", `Nov 21 10:10:08 gw odhcpd[1]: DHCPV6 RELEASE IA_NA from 000100012a00000000005e005303 on br-lan: ok 2001:db8::50/128`,
			`{"kind":"dhcp","event":"system","dialect":"odhcpd"}`},
		{"no message of the protocol", `Nov 21 10:10:09 gw odhcpd[1]: No default route present, overriding ra_lifetime!`,
			`{"kind":"other","event":"system","dialect":"odhcpd","src":null,"in_if":null}`},
		{"another program's words", `Nov 21 10:10:10 gw app[1]: DHCPV6 REQUEST IA_NA of 000100012a00000000005e005303 on br-lan: ok 2001:db8::50/128`,
			`{"event":"unknown","dialect":null,"src":null}`},
	})
}

// The MAC address of a client whose identifier is made of one.
func TestOdhcpdDUID(t *testing.T) {
	checkAll(t, []says{
		{"with a time", "Nov 21 10:00:00 gw odhcpd[123]: DHCPV6 REQUEST IA_NA from 000100012deadbee00005e005301 on br-lan: ok fd00::123/128",
			`{"event":"dhcp-lease","src":"fd00::123","mac":"00:00:5e:00:53:01"}`},
		{"without", "Nov 21 10:00:00 gw odhcpd[123]: DHCPV6 RENEW IA_NA from 0003000100005e005301 on br-lan: ok fd00::123/128", `{"mac":"00:00:5e:00:53:01"}`},
		{"of another sort", "Nov 21 10:00:00 gw odhcpd[123]: DHCPV6 RENEW IA_NA from 0004aabbccddeeff0011 on br-lan: ok fd00::123/128", `{"event":"dhcp-lease","mac":null}`},
	})
}
