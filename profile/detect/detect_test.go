package detect

import (
	"strings"
	"testing"
	"time"
)

func TestKind(t *testing.T) {
	for text, want := range map[string]string{
		"write to ana.souza@example.com, please": "EMAIL",
		"jöhn@exämple.com":                       "EMAIL",
		"jo\u0308hn@exa\u0308mple.com":           "EMAIL",
		"почта@пример.рф":                        "EMAIL",
		"o'neil+shop@mail.example.co.uk":         "EMAIL",
		"at 2@example.com":                       "EMAIL",
		"GB82 WEST 1234 5698 7654 32":            "IBAN",
		"gb82west12345698765432":                 "IBAN",
		"BE68 5390 0754 7034 here":               "IBAN",
		"de89 3704 0044 0532 0130 00 please":     "IBAN",
		"11.222.333/0001-81":                     "CNPJ",
		"11222333000181":                         "CNPJ",
		"12.ABC.345/01DE-35":                     "CNPJ",
		"529.982.247-25":                         "CPF",
		"529982247-25":                           "CPF",
		"52998224725":                            "CPF",
		"cpf:529.982.247\u201125":                "CPF",
		"4111 1111 1111 1111":                    "CARD",
		"4111111111111111":                       "CARD",
		"4111-1111-1111-1111 05/27":              "CARD",
		"4222222222222":                          "CARD",
		"3782 822463 10005":                      "CARD",
		"378282246310005":                        "CARD",
		"3056 930902 5904":                       "CARD",
		"5555555555554444":                       "CARD",
		"6011 1111 1111 1117":                    "CARD",
		"5678 4111 1111 1111 1111":               "CARD",
		"４１１１ １１１１ １１１１ １１１１":                    "CARD",
		"078-05-1120":                            "SSN",
		"12345678Z":                              "DNI",
		"12345678z":                              "DNI",
		"12.345.678-Z":                           "DNI",
		"X1234567L":                              "DNI",
		"X-1234567-L":                            "DNI",
		"+55 11 99999-0001":                      "PHONE",
		"+5511999990001":                         "PHONE",
		"tel:+1.415.555.2671":                    "PHONE",
		"+1 415 555 2671 2026-11-21":             "PHONE",
		"+44 (0)20 7946 0958":                    "PHONE",
		"\u202a+55\u00a011\u00a099999\u20110001": "PHONE",
		"call +1 (415) 555-2671 today":           "PHONE",
		"(11) 99999-0001":                        "PHONE",
		"(11)3333-4444":                          "PHONE",
		"11 99999-0001":                          "PHONE",
		"415-555-2671":                           "PHONE",
		"415.555.2671.":                          "PHONE",
		"1-415-555-2671":                         "PHONE",
		"(415) 555 2671":                         "PHONE",
		"(415)555-2671":                          "PHONE",
		"0044 20 7946 0958":                      "PHONE",
		"0055 11 99999-0001":                     "PHONE",
		"020 7946 0958":                          "PHONE",
		"07700 900123":                           "PHONE",
		"01 23 45 67 89":                         "PHONE",
		"0171/1234567":                           "PHONE",
		"612 34 56 78":                           "PHONE",
	} {
		if got := Kind(text); got != want {
			t.Errorf("%q looks like %q, want %q", text, got, want)
		}
	}
}

// What shops keep beside personal data: none of it must be refused.
func TestHarmless(t *testing.T) {
	for _, text := range []string{
		"", "street", "42", "42.5", "-17", "1.234.567,89", "R$ 1.234,56", "$1,234,567.89", "1 234 567 890", "+10%", "+1", "+10000000", "12.345.678", "415 555 267",
		"2026-11-21", "21/11/2026", "21.11.2026", "11-21-2026", "20261121", "20261121T101530", "20261121101530", "2026-11-21T10:15:30+01:00",
		"2026-11-21 10:15:30.123456", "1732184130", "1732184130000", "1732184130000000", "08:00-18:00", "Mon-Fri 9-17", "2026-11-21/2026-12-24",
		"550e8400-e29b-41d4-a716-446655440000", "41111111-1111-1111-1111-111111111111", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		"order 20261121-4711", "ORD-415-555-2671", "SKU-4711-0815", "415-555-2671-99", "ABC-12345-XL", "#100-200-3000", "100-200-3000", "v507910shop-01",
		"4006381333931", "978-3-16-148410-0", "0-306-40615-2", "00012345678905", "490154203237518", "1Z999AA10123456784", "BR123456789BR",
		"35200714200166000187550010000000046550000046", "9400 1118 9922 3197 8409 62", "0012 3456 7890 1234",
		"192.168.100.200", "2001:db8::8a2e:370:7334", "00:1B:44:11:3A:B7", "1.24.3", "v2.0.0-rc.1", "lodash@4.17.21", "icon@2x.png", "@handle", "me @ home",
		"94105-1234", "01310-100", "SW1A 1AA", "-23.5505, -46.6333", "10x20x30 cm", "#ff00aa", "(2026)", "(12) items", "3 for 2", "50% off", "C++ 2026",
		"4111 1111 1111 1112", "111.111.111-11", "529.982.247-26", "11.222.333/0001-82", "GB83 WEST 1234 5698 7654 32", "12345678A", "000-05-1120",
		"x529.982.247-25", "529.982.247-255", "https://shop.example.com/p/4711?size=42&colour=blue", "Largo do Machado 54, apto 1201",
	} {
		if got := Kind(text); got != "" {
			t.Errorf("%q looks like %q", text, got)
		}
	}
}

func TestLongTexts(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"behind much else":        {strings.Repeat("lorem ipsum ", 5_000) + "ana@example.com", "EMAIL"},
		"behind what it is not":   {strings.Repeat("4111 1111 1111 1112, 529.982.247-26; ", 1_000) + "529.982.247-25", "CPF"},
		"behind addresses of one": {strings.Repeat("a@b ", 10_000) + "ana@example.com", "EMAIL"},
	} {
		if got := Kind(test.text); got != test.want {
			t.Errorf("%s: looks like %q, want %q", name, got, test.want)
		}
	}
	// Whatever the text is, the time is bounded.
	for _, of := range []string{"1 ", "a", "@", "a@", "a@a.", "1@1-", "+1 ", "00 ", "(1) ", "GB82 ", "4111 ", "é1-", "0000000000", "\u0300", "ﷺ"} {
		text := strings.Repeat(of, 1<<20/len(of))
		begin := time.Now()
		if got := Kind(text); got != "" {
			t.Errorf("%q repeated looks like %q", of, got)
		}
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("%q repeated takes %v", of, took)
		}
	}
}

func FuzzKind(f *testing.F) {
	for _, text := range []string{"jöhn@exämple.com", "GB82 WEST 1234 5698 7654 32", "12.ABC.345/01DE-35", "+1 (415) 555-2671", "X-1234567-L", "0044 20 7946 0958"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kind := Kind(text)
		if around := Kind("see: " + text + " ;"); kind != "" && len(text) < 1000 && around == "" {
			t.Errorf("%q looks like %q alone, and like nothing within a text", text, kind)
		}
	})
}

func BenchmarkKind(b *testing.B) {
	for name, text := range map[string]string{"word": "lorem ipsum", "prose": strings.Repeat("lorem ipsum dolor ", 3_600), "numbers": strings.Repeat("1 ", 32_000), "groups": strings.Repeat("4111 1111 1111 1112 ", 3_200)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Kind(text)
			}
		})
	}
}
