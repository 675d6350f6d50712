package parse

import "testing"

func TestMalformed(t *testing.T) {
	for _, line := range []string{"<7>unparsable line", "(190>122 2018-11-22", "122 - - - - - -", "<>122 2018-11-22", "<19000021>122 x", "<192>x",
		"<aaa>122 2018-11-22", "<100> 2018-11-22", "<102>abc 2018-11-22", "<1>1 - - - - - []]"} {
		if rec := parseLine(line); rec.Word != "malformed" || rec.Kind != Unknown {
			t.Errorf("%s: %s %v", line, rec.Word, rec.Kind)
		}
	}
	for _, line := range []string{"<6>usb 1-1: new device", "<html>", "<flow type=\"new\">", "<134>id=firewall sn=1", "<4>[ 1.5] x", "(a) b > c", "<13>root: hello"} {
		if rec := parseLine(line); rec.Word == "malformed" {
			t.Errorf("%s is malformed", line)
		}
	}
}
