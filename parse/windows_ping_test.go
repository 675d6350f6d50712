package parse

import "testing"

// Lines of ping in the languages of Windows; testdata/servers-tools.md says where they come from.
func TestWindowsPing(t *testing.T) {
	checkAll(t, []says{
		{"japanese", `192.168.1.101 からの応答: バイト数 =32 時間 =18ms TTL=64`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"192.168.1.101","bytes":32,"packets":1,"ttl":64,"rtt_ms":18,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"english", `Reply from 8.8.8.8: bytes=32 time=52ms TTL=43`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"8.8.8.8","bytes":32,"packets":1,"ttl":43,"rtt_ms":52,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"below", `Reply from 192.168.1.1: bytes=32 time<1ms TTL=64`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"192.168.1.1","bytes":32,"packets":1,"ttl":64,"rtt_ms":1,"lt":true,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"ipv6", `Reply from fe80::1%4: time=2ms`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"fe80::1%4","packets":1,"rtt_ms":2,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"russian", `Ответ от 8.8.8.8: число байт=32 время=14мс TTL=117`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"8.8.8.8","bytes":32,"packets":1,"ttl":117,"rtt_ms":14,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"chinese", `来自 8.8.8.8 的回复: 字节=32 时间=14ms TTL=117`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"8.8.8.8","bytes":32,"packets":1,"ttl":117,"rtt_ms":14,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"korean", `8.8.8.8의 응답: 바이트=32 시간=14ms TTL=117`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"8.8.8.8","bytes":32,"packets":1,"ttl":117,"rtt_ms":14,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"unreachable", `Reply from 192.168.3.12: Destination host unreachable.`,
			`{"kind":"ping-unreachable","event":"latency","dialect":"ping","src":"192.168.3.12","detail":"host unreachable","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"japanese unreachable", `192.168.3.12 からの応答: 宛先ホストに到達できません。`,
			`{"kind":"ping-unreachable","event":"latency","dialect":"ping","src":"192.168.3.12","detail":"host unreachable","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"ttl", `Reply from 10.0.0.1: TTL expired in transit.`,
			`{"kind":"ping-unreachable","event":"latency","dialect":"ping","src":"10.0.0.1","detail":"ttl exceeded","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"timeout", `要求がタイムアウトしました。`,
			`{"kind":"ping-timeout","event":"latency","dialect":"ping","detail":"timeout","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"summary", `    パケット数: 送信 = 4、受信 = 4、損失 = 0 (0% の損失)、`,
			`{"kind":"ping-summary","event":"system","dialect":"ping","sent":4,"recv":4,"loss_pct":0,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"german summary", `    Pakete: Gesendet = 4, Empfangen = 3, Verloren = 1`,
			`{"kind":"ping-summary","event":"system","dialect":"ping","sent":4,"recv":3,"loss_pct":25,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"times", `    最小 = 1ms、最大 = 18ms、平均 = 5ms`,
			`{"kind":"ping-rtt","event":"system","dialect":"ping","min":1,"avg":5,"max":18,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"french", `Réponse de 192.0.2.1 : octets=32 temps=14 ms TTL=57`, `{"kind":"ping-reply","event":"latency","dialect":"ping","src":"192.0.2.1","bytes":32,"ttl":57,"rtt_ms":14}`},
		{"spanish timeout", `Tiempo de espera agotado para esta solicitud.`, `{"kind":"ping-timeout","event":"latency","detail":"timeout"}`},
		{"german refusal", `Antwort von 192.0.2.1: Zielhost nicht erreichbar.`, `{"kind":"ping-unreachable","event":"latency","src":"192.0.2.1","detail":"host unreachable"}`},
		{"english summary", `    Packets: Sent = 4, Received = 0, Lost = 4 (100% loss),`, `{"kind":"ping-summary","event":"system","sent":4,"recv":0,"loss_pct":100}`},
		{"english times", `    Minimum = 1ms, Maximum = 18ms, Average = 5ms`, `{"kind":"ping-rtt","event":"system","min":1,"avg":5,"max":18}`},
		{"heading", `Ping statistics for 192.0.2.1:`, `{"event":"system","dialect":"ping"}`},
		{"counts that do not add up", `    A = 4, B = 3, C = 3`, `{"event":"unknown","dialect":null}`},
		{"absurd TTL", `Reply from 192.0.2.1: bytes=32 time=52ms TTL=4300`, `{"event":"unknown","dialect":null,"src":null}`},
		{"a letter", `Reply from the office: we have received your mail.`, `{"event":"unknown","dialect":null}`},
	})
}
