package parse

import "testing"

// Messages of lfd, the login failure daemon of ConfigServer Firewall (csf).
func TestLfd(t *testing.T) {
	checkAll(t, []says{
		{"port scan", `May 15 05:23:59 cp lfd[28641]: *Port Scan* detected from 203.0.113.5 (US/United States/-). 11 hits in the last 100 seconds - *Blocked in csf* for 3600 secs [PS_LIMIT]`,
			`{"kind":"other","event":"system","dialect":"lfd","action":"deny","stamp":"05-15T05:23:59","host":"cp","src":"203.0.113.5","rule":"PS_LIMIT","app":"lfd","procid":"28641"}`},
		{"connection limit", `May 15 05:23:59 cp lfd[28641]: (CT) IP 203.0.113.5 (US/United States/-) found to have 301 connections - *Blocked in csf* for 1800 secs [CT_LIMIT]`,
			`{"kind":"session-limit","event":"table-full","dialect":"lfd","action":"deny","stamp":"05-15T05:23:59","host":"cp","src":"203.0.113.5","count":301,"rule":"CT_LIMIT","app":"lfd","procid":"28641"}`},
		{"unblocked", `May 15 05:23:59 cp lfd[28641]: Incoming IP 203.0.113.5 temporary block removed`,
			`{"kind":"other","event":"system","dialect":"lfd","stamp":"05-15T05:23:59","host":"cp","src":"203.0.113.5","app":"lfd","procid":"28641"}`},
	})
}
