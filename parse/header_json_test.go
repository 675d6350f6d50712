package parse

import "testing"

const (
	questionText = "query[A] www.example.com from 192.168.1.10"
	isFull       = `{"event":"table-full","time":"2026-11-28T12:00:02Z","host":"gw1","app":"kernel"}`
	isQuestion   = `{"event":"dns-query","src":"192.168.1.10","qname":"www.example.com","time":"2026-11-28T12:00:02Z"}`
)

func TestEnvelopes(t *testing.T) {
	checkAll(t, []says{
		{"syslog-ng", `{"PROGRAM":"kernel","PRIORITY":"warning","MESSAGE":"` + fullText + `","HOST":"gw1","FACILITY":"kern","DATE":"Nov 28 12:00:02"}`,
			`{"event":"table-full","stamp":"11-28T12:00:02","host":"gw1","app":"kernel","pri":4}`},
		{"syslog-ng's ISODATE is better than its DATE", `{"DATE":"Nov 28 12:00:02","ISODATE":"2026-11-28T12:00:02+00:00","PROGRAM":"kernel","HOST":"gw1","MESSAGE":"` + fullText + `"}`, isFull},
		{"syslog-ng of an RFC 5424 line", `{"PROGRAM":"1","MESSAGE":"2026-11-28T12:00:02+00:00 gw1 kernel - - - ` + fullText + `","HOST":"10.0.0.1","DATE":"Nov 28 12:00:05"}`, isFull},
		{"rsyslog", `{"msg":" ` + fullText + `","rawmsg":"<4>Nov 28 12:00:02 gw1 kernel: ` + fullText + `","timereported":"2026-11-28T12:00:02+00:00","hostname":"gw1","syslogtag":"kernel:","inputname":"imudp","fromhost":"192.0.2.7","fromhost-ip":"192.0.2.7","pri":"4","syslogfacility":"0","syslogseverity":"4","timegenerated":"2026-11-28T12:00:09+00:00","programname":"kernel","protocol-version":"0","structured-data":"-","app-name":"kernel","procid":"-","msgid":"-","uuid":null,"$!":null}`,
			`{"event":"table-full","time":"2026-11-28T12:00:02Z","host":"gw1","app":"kernel","pri":4,"procid":null}`},
		{"rsyslog's tag with a number", `{"msg":" ` + questionText + `","syslogtag":"dnsmasq[12]:","hostname":"gw1","timereported":"2026-11-28T12:00:02+00:00"}`,
			`{"event":"dns-query","app":"dnsmasq","procid":"12","host":"gw1"}`},
		{"Docker's json-file, a line of syslog", `{"log":"Nov 28 12:00:02 gw1 dnsmasq[123]: ` + questionText + `\n","stream":"stdout","attrs":{"tag":"x"},"time":"2026-11-28T12:00:09Z"}`,
			`{"event":"dns-query","src":"192.168.1.10","stamp":"11-28T12:00:02","host":"gw1","app":"dnsmasq"}`},
		{"Docker's json-file, a bare line", `{"log":"dnsmasq: ` + questionText + `\n","stream":"stderr","time":"2026-11-28T12:00:02Z"}`, isQuestion},
		{"Docker around Vector", `{"log":"{\"message\":\"` + fullText + `\",\"timestamp\":\"2026-11-28T12:00:02Z\",\"host\":\"gw1\",\"appname\":\"kernel\"}\n","stream":"stdout","time":"2026-11-28T12:00:09Z"}`, isFull},
		{"VictoriaLogs", `{"_time":"2026-11-28T12:00:02Z","_stream":"{hostname=\"gw1\"}","_msg":"` + fullText + `","hostname":"gw1","app_name":"kernel","priority":"4"}`, isFull},
		{"Fluent Bit", `{"date":1795867202.0,"pri":"4","time":"Nov 28 12:00:02","host":"gw1","ident":"kernel","message":"` + fullText + `"}`, isFull},
		{"Fluent Bit on a terminal", `[3] syslog: [[1795867202.000000000, {}], {"host"=>"gw1", "ident"=>"kernel", "message"=>"` + fullText + `"}]`, isFull},
		{"GELF", `{"version":"1.1","host":"gw1","short_message":"` + fullText + `","timestamp":1795867202.5,"level":4,"_facility":"kern","_app":"kernel"}`,
			`{"event":"table-full","time":"2026-11-28T12:00:02.5Z","host":"gw1","pri":4}`},
		{"Loki", `{"labels":{"host":"gw1","app":"kernel","job":"syslog"},"line":"` + fullText + `","timestamp":"2026-11-28T12:00:02Z"}`, isFull},
		{"Elasticsearch", `{"_index":"logs","_id":"x1","_source":{"@timestamp":"2026-11-28T12:00:02.000Z","message":"` + fullText + `","agent":{"name":"collector"},"host":{"name":"gw1","ip":["192.168.1.1"]},"process":{"name":"kernel"},"tags":["a"],"answers":[{"x":1}]}}`, isFull},
		{"ECS with a syslog header", `{"@timestamp":"2026-11-28T12:00:02Z","event":{"original":"x"},"log":{"file":{"path":"/var/log/x"},"syslog":{"hostname":"gw1","appname":"kernel","priority":4}},"host":{"name":"collector"},"message":"` + fullText + `"}`, isFull},
		{"Splunk", `{"preview":false,"result":{"_raw":"<4>Nov 28 12:00:02 gw1 kernel: ` + fullText + `","_time":"2026-11-28 12:00:02.000 UTC","host":"relay","source":"udp:514"}}`,
			`{"event":"table-full","host":"gw1","stamp":"11-28T12:00:02","relay":"relay","pri":4}`},
		{"Wazuh", `{"timestamp":"2026-11-28T12:00:05.000+0000","agent":{"id":"000","name":"manager"},"manager":{"name":"manager"},"full_log":"Nov 28 12:00:02 gw1 kernel: ` + fullText + `","predecoder":{"hostname":"gw1","program_name":"kernel","timestamp":"Nov 28 12:00:02"},"decoder":{},"location":"192.0.2.7"}`,
			`{"event":"table-full","host":"gw1","app":"kernel"}`},
		{"Google", `{"textPayload":"` + fullText + `","timestamp":"2026-11-28T12:00:02Z","resource":{"type":"gce_instance","labels":{"zone":"x"}},"labels":{"hostname":"gw1","app":"kernel"},"severity":"WARNING"}`, isFull},
		{"milliseconds", `{"message":"` + fullText + `","time":1795867202000,"hostname":"gw1","appname":"kernel"}`, isFull},
		{"nanoseconds in quotes", `{"line":"` + fullText + `","ts":"1795867202000000000","hostname":"gw1","appname":"kernel"}`, isFull},
		{"uptime and wall clock", `{"log":"[ 5632.359712] ` + fullText + `","time":"2026-11-28T12:00:02Z"}`, `{"event":"table-full","uptime":5632.359712,"time":"2026-11-28T12:00:02Z"}`},
		{"dmesg -J", `{"pri":4,"time":1093.418157,"msg":"` + fullText + `"}`, `{"event":"table-full","uptime":1093.418157,"pri":4,"host":null}`},
		{"dmesg -J of a daemon", `{"pri":30,"time":3.418157,"msg":"systemd[1]: Started x"}`, `{"event":"system","uptime":3.418157,"pri":null,"app":"systemd"}`},
		{"behind a header", `<134>Nov 28 12:00:05 relay1 vector: {"message":"` + fullText + `","timestamp":"2026-11-28T12:00:02Z","host":"gw1","appname":"kernel"}`, isFull},
		{"behind @cee", `<134>Nov 28 12:00:05 relay1 app: @cee: {"msg":"` + fullText + `","timereported":"2026-11-28T12:00:02Z","hostname":"gw1","programname":"kernel"}`, isFull},
		{"not understood, but kept with its header", `{"message":"hello","host":"gw1","@timestamp":"2026-11-28T12:00:02Z"}`, `{"event":"unknown","host":"gw1","msg":"hello","time":"2026-11-28T12:00:02Z"}`},
		{"a dialect's own object with a message", `{"timestamp":"2026-11-28T12:00:02+0000","message":"x","src_ip":"10.0.0.1","dest_ip":"10.0.0.2","src_port":1,"dest_port":2,"ip.protocol":6,"tcp.syn":1}`,
			`{"dialect":"ulogd-json","src":"10.0.0.1"}`},
		{"cut short", `{"host":"gw1","message":"` + fullText, `{"event":"unknown","host":null}`},
		{"a path is no host", `{"message":"` + fullText + `","source":"/var/log/messages"}`, `{"event":"table-full","host":null}`},
		{"no message", `{"host":"gw1","time":"2026-11-28T12:00:02Z"}`, `{"event":"unknown","host":null}`},
	})
}

// An object in an object in an object is followed as far as the bounds go, and no line of any nesting is a panic.
func TestEnvelopesNested(t *testing.T) {
	line := `{"message":"` + fullText + `"}`
	for range 12 {
		quoted := appendQuoted(nil, line)
		line = `{"_source":{"log":{"message":` + string(quoted) + `}}}`
	}
	p, rec := NewParser(), Record{}
	p.Line([]byte(line), &rec)
	if rec.Kind != Unknown || len(rec.Body) == 0 {
		t.Errorf("beyond the bound: %v %q", rec.Kind, rec.Body)
	}
}
