package parse

import "testing"

func TestJournal(t *testing.T) {
	checkAll(t, []says{
		{"kernel", lineJournal, `{"kind":"fw-packet","event":"session-new","time":"2026-11-21T20:28:21.19536Z","uptime":5632.359712,"host":"router","app":"kernel","pri":4}`},
		{"escapes", `{"MESSAGE":"a \"b\"\t\u00fc\\","SYSLOG_IDENTIFIER":"x","_PID":"7"}`, `{"msg":"a \"b\"\tü\\","app":"x","procid":"7","kind":"syslog"}`},
		{"bytes", `{"_TRANSPORT" : "syslog" , "MESSAGE":[105,112,95,99,111,110,110,116,114,97,99,107,58,32,116,97,98,108,101,32,102,117,108,108,255]}`, `{"event":"table-full"}`},
		{"two messages", `{"MESSAGE":["one","two"]}`, `{"msg":"one"}`},
		{"monotonic of a daemon is not the kernel's", `{"_TRANSPORT":"syslog","_SOURCE_MONOTONIC_TIMESTAMP":"5632359712","MESSAGE":"x"}`, `{"uptime":null}`},
		{"no message", `{"__REALTIME_TIMESTAMP":"1795292901195360","MESSAGE":null}`, `{"time":"2026-11-21T20:28:21.19536Z","msg":null}`},
		{"not the journal", `{"a":{"b":1}}`, `{"kind":"unknown","msg":"{\"a\":{\"b\":1}}"}`},
		{"cut short", `{"MESSAGE":"nf_conntrack: table full`, `{"event":"unknown"}`},
		{"absurd time", `{"__REALTIME_TIMESTAMP":"99999999999999999999","MESSAGE":"x"}`, `{"time":null,"msg":"x"}`},
	})
}
