package report

import (
	"html/template"

	"uncloak/detect"
)

// IncidentPage is one incident of a report by itself. Its text is clean, but for ID.
type IncidentPage struct {
	ID, Title, Severity, When string
	Known                     bool
	Note                      string // of the acknowledgement
	Steps                     []StepLine
	Article                   template.HTML // as the report shows it
}

// StepLine is one step of what happened.
type StepLine struct {
	At, Text, Proof string
	Host            string // an address; "" where the step has none
}

// Incident finds the incident with that id, or that has a finding with that id or key.
func (m *Model) Incident(id string, to Links) (*IncidentPage, bool) {
	for i := range m.Incidents {
		in := &m.Incidents[i]
		if !in.isCalled(id) {
			continue
		}
		head := in.headline(m)
		p := &IncidentPage{ID: in.ID, Title: head.Title, Severity: head.Severity, When: head.When, Known: in.Known}
		for _, f := range in.findings {
			if f.Known != nil && p.Note == "" {
				p.Note = Clean(f.Known.Note)
			}
			if len(p.Steps) == 0 {
				p.Steps = m.steps(f)
			}
		}
		v := newIncidentView(m, in, 0, Links{Host: to.Host})
		p.Article = fragment("incident", v)
		return p, true
	}
	return nil, false
}

func (in *Incident) isCalled(id string) bool {
	if in.ID == id {
		return true
	}
	for _, f := range in.findings {
		if f.ID == id || f.Key == id {
			return true
		}
	}
	return false
}

// steps words the chain of an incident, one line a step.
func (m *Model) steps(f *detect.Finding) (out []StepLine) {
	if len(f.Chain) < 2 {
		return nil
	}
	for i := range f.Chain {
		s := &f.Chain[i]
		l := StepLine{At: m.clock.at(s.At), Text: m.begins(f, m.short(s.Host, s.Name))}
		if isHost(s.Host) {
			l.Host = s.Host
		}
		if i > 0 {
			l.Text, l.Proof = m.stepWords(s), m.stepProof(s)
			if s.Why == detect.WhyCoincides {
				l.Proof = m.Say(" (too seldom to call it an effect)")
			}
		}
		out = append(out, l)
	}
	return out
}
