package profile

import "testing"

func TestSuspect(t *testing.T) {
	for text, want := range map[string]string{
		"write to ana.souza@example.com, please": "EMAIL",
		"GB82 WEST 1234 5698 7654 32":            "IBAN",
		"GB83 WEST 1234 5698 7654 32":            "", // wrong check digits
		"11.222.333/0001-81":                     "CNPJ",
		"11.222.333/0001-82":                     "",
		"529.982.247-25":                         "CPF",
		"52998224725":                            "CPF",
		"529.982.247-26":                         "",
		"111.111.111-11":                         "",
		"4111 1111 1111 1111":                    "CARD",
		"4111 1111 1111 1112":                    "",
		"078-05-1120":                            "SSN",
		"000-05-1120":                            "",
		"12345678Z":                              "DNI",
		"12345678A":                              "",
		"X1234567L":                              "DNI",
		"+55 11 99999-0001":                      "PHONE",
		"call +1 (415) 555-2671 today":           "PHONE",
		"order 20261121-4711":                    "",
		"2026-11-21T10:15:30+01:00":              "",
		"42.5":                                   "",
		"street":                                 "",
		"":                                       "",
	} {
		if got := suspect(text); got != want {
			t.Errorf("%q looks like %q, want %q", text, got, want)
		}
	}
}
