package parse

import "testing"

func TestFritzbox(t *testing.T) {
	checkAll(t, []says{
		{"line up", "21.11.26 10:00:00 Internetverbindung wurde erfolgreich hergestellt. IP-Adresse: 203.0.113.5, DNS-Server: 192.0.2.53 und 192.0.2.54, Gateway: 192.0.2.1, Breitband-PoP: bras1",
			`{"kind":"link-up","dialect":"fritzbox","stamp":"2026-11-21T10:00:00"}`},
		{"line down", "21.11.26 10:00:00 Internetverbindung wurde getrennt.", `{"kind":"link-down"}`},
		{"a machine on the radio", "21.11.26 10:00:00 WLAN-Gerät angemeldet (2,4 GHz), 130 Mbit/s, phone, IP 192.168.178.20, MAC 00:00:5E:00:53:01.",
			`{"event":"neighbour","src":"192.168.178.20","mac":"00:00:5e:00:53:01"}`},
		{"one without its address", "21.11.26 10:00:00 WLAN-Gerät angemeldet. Geschwindigkeit 54 Mbit/s. MAC-Adresse: 00:00:5E:00:53:01, Name: radio.",
			`{"event":"system","mac":null}`},
		{"four digits of year", "20.05.2026 14:00:00 WLAN-Gerät angemeldet: phone, 192.0.2.30, 00:00:5e:00:53:02", `{"event":"neighbour","src":"192.0.2.30"}`},
		{"training", "21.11.26 10:00:00 DSL antwortet nicht (Keine DSL-Synchronisierung).", `{"event":"system"}`},
		{"somebody else's", "21.11.26 10:00:00 foo bar", `{"event":"unknown"}`},
	})
}
