package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// windows reads the ping of Windows by what is the same in all its languages: the order of the numbers, "TTL=", "ms"
// and the address. Only for timeouts and refusals are there words to know.
//
//	Reply from 8.8.8.8: bytes=32 time=52ms TTL=43
//	192.168.1.101 からの応答: バイト数 =32 時間 <1ms TTL=64
//	Packets: Sent = 4, Received = 4, Lost = 0 (0% loss),
//	Minimum = 1ms, Maximum = 18ms, Average = 5ms
func (l *pingLine) windows(b []byte) bool {
	if last := b[len(b)-1]; len(b) > 200 ||
		last != '.' && last < 0x80 && bytes.IndexByte(b, '=') < 0 && bytes.IndexByte(b, '<') < 0 {
		return false // no number and no sentence
	}
	if i := bytes.Index(b, []byte("TTL=")); i > 0 {
		n, rest, ok := scan.Leading(b[i+4:])
		if !ok || n > 255 || len(rest) > 0 {
			return false
		}
		l.ttl = uint32(n)
		return l.windowsReply(b[:i])
	}
	if bytes.IndexByte(b, '=') > 0 && l.windowsTotals(b) {
		return true
	}
	if isTimedOut(b) {
		l.word = "ping-timeout"
		return true
	}
	if !isReplyFrom(b) {
		return false
	}
	a, zone := scan.AnyAddress(b)
	if !a.IsValid() {
		return false
	}
	l.src, l.zone = a, zone
	if l.reason = windowsReason(b); l.reason != "" {
		l.word = "ping-unreachable"
		return true
	}
	return l.windowsReply(b) // IPv6 has neither bytes nor TTL
}

// windowsReply reads the last number, which is the time, and the one before, which is the size.
func (l *pingLine) windowsReply(b []byte) bool {
	if !l.src.IsValid() {
		l.src, l.zone = scan.AnyAddress(b)
	}
	n := 0
	for len(b) > 0 {
		i := bytes.IndexAny(b, "=<")
		if i < 0 {
			break
		}
		l.less = b[i] == '<'
		v, rest, ok := scan.Millionths(scan.TrimLeft(b[i+1:]))
		if b = b[i+1:]; !ok {
			continue
		}
		if n++; isMilli(scan.TrimLeft(rest)) {
			l.rtt, l.hasRTT = v, true
			break
		}
		l.size = scan.Saturate(uint64(v / 1_000_000))
	}
	l.word = "ping-reply"
	return l.hasRTT && l.src.IsValid()
}

// isMilli reports whether b begins with "ms" or its Russian spelling.
func isMilli(b []byte) bool { return scan.Has(b, "ms") || scan.Has(b, "мс") || scan.Has(b, "msec") }

// windowsTotals reads the three numbers of a summary: packets, of which the share that was lost may stand on the next
// line, or times.
func (l *pingLine) windowsTotals(b []byte) bool {
	var v [3]int64
	n, milli := 0, 0
	rest := b
	for n < 4 {
		i := bytes.IndexByte(rest, '=')
		if i < 0 {
			break
		}
		value, r, ok := scan.Millionths(scan.TrimLeft(rest[i+1:]))
		if !ok || n == 3 {
			return false
		}
		if isMilli(scan.TrimLeft(r)) {
			milli++
		}
		v[n], rest = value, r
		n++
	}
	switch {
	case n == 3 && milli == 3:
		l.word, l.least, l.longest, l.mean = "ping-rtt", v[0], v[1], v[2]
		return true
	case n == 3 && milli == 0:
		if v[0] != v[1]+v[2] || v[0] == 0 {
			return false // sent is received and lost, in every language
		}
		l.word, l.loss = "ping-summary", v[2]*100/(v[0]/1_000_000)
		if open := bytes.IndexByte(rest, '('); open >= 0 && open < 4 {
			if loss, r, ok := scan.Millionths(rest[open+1:]); ok && scan.Has(scan.TrimLeft(r), "%") {
				l.loss = loss
			}
		} else if len(bytes.Trim(rest, " ,.、，")) > 0 {
			return false
		}
		l.sent, l.recv = scan.Saturate(uint64(v[0]/1_000_000)), scan.Saturate(uint64(v[1]/1_000_000))
		return true
	}
	return false
}

// isPingHeading reports whether b is one of the lines above and between the numbers, in English, Japanese, German,
// French and Spanish.
func isPingHeading(b []byte) bool {
	for _, s := range [...]string{"Pinging ", "Ping statistics for ", "Approximate round trip times in",
		"ラウンド トリップの概算時間", "Ping wird ausgeführt für ", "Ping-Statistik für ", "Ca. Zeitangaben in Millisek",
		"Envoi d'une requête 'Ping'", "Envoi d’une requête 'Ping'", "Statistiques Ping pour ",
		"Durée approximative des boucles", "Haciendo ping a ", "Estadísticas de ping para ",
		"Tiempos aproximados de ida y vuelta"} {
		if scan.Has(b, s) {
			return true
		}
	}
	return scan.Within(b, "を送信しています") || scan.Within(b, " の ping 統計")
}

// isTimedOut reports whether b is "Request timed out." in one of the languages of Windows.
func isTimedOut(b []byte) bool {
	for _, s := range [...]string{"Request timed out.", "要求がタイムアウトしました", "Zeitüberschreitung der Anforderung",
		"Délai d'attente de la demande dépassé", "Délai d’attente de la demande dépassé",
		"Tiempo de espera agotado para esta solicitud", "Richiesta scaduta", "Esgotado o tempo limite do pedido",
		"Превышен интервал ожидания для запроса", "请求超时", "要求等候逾時", "요청 시간이 만료되었습니다", "Upłynął limit czasu żądania",
		"Time-out bij opdracht", "Begäran gjorde timeout", "Forespørgsel fik timeout", "Vypršel časový limit žádosti",
		"İstek zaman aşımına uğradı"} {
		if s[0] == b[0] && scan.Has(b, s) {
			return true
		}
	}
	return false
}

// isReplyFrom reports whether b begins like a reply or, in Japanese, Chinese and Korean, goes on.
func isReplyFrom(b []byte) bool {
	for _, s := range [...]string{"Reply from ", "Antwort von ", "Réponse de ", "Respuesta desde ", "Risposta da ",
		"Resposta de ", "Ответ от ", "Odpowiedź z ", "Antwoord van ", "Svar från ", "Svar fra "} {
		if s[0] == b[0] && scan.Has(b, s) {
			return true
		}
	}
	return scan.Within(b, "からの応答") || scan.Within(b, "的回复") || scan.Within(b, "的回覆") || scan.Within(b, "의 응답")
}

// windowsReason is the reason of a refusal in English words, or "".
func windowsReason(b []byte) string {
	for _, s := range [...]string{"TTL expired", "TTL が期限切れ", "転送中に TTL", "TTL scaduta", "Die Gültigkeitsdauer",
		"Durée de vie TTL", "TTL expirado", "TTL 传输中过期", "Превышен срок жизни"} {
		if scan.Within(b, s) {
			return "ttl exceeded"
		}
	}
	if reason := unreachable(b); reason != "" {
		return reason
	}
	for _, s := range [...]string{"到達できません", "nicht erreichbar", "inaccessible", "Impossible de joindre", "inaccesible",
		"non raggiungibile", "inacessível", "inalcançável", "недоступен", "недоступна", "无法访问", "無法連線", "연결할 수 없습니다",
		"nieosiągalny", "niet bereikbaar", "kan inte nås", "host de destino"} {
		if scan.Within(b, s) {
			return "host unreachable"
		}
	}
	return ""
}
