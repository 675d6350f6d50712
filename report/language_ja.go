package report

// japaneseDays has the days of the week by their English abbreviations.
var japaneseDays = map[string]string{"Mon": "月", "Tue": "火", "Wed": "水", "Thu": "木", "Fri": "金", "Sat": "土", "Sun": "日"}

var japanese = map[string]string{}
