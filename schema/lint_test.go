package schema

import (
	"slices"
	"strings"
	"testing"
)

func TestPersonalNames(t *testing.T) {
	_, warnings, err := Parse("Guest", []byte(`{"type": "object", "additionalProperties": false, "properties": {
		"birthDate": {"type": "string"},
		"HOME-PHONE": {"type": "string"},
		"email": {"type": "string", "sensitive": true},
		"cpf": {"type": "string", "sensitive": false},
		"whatsapp": {"type": "boolean"},
		"address": {"type": "object", "additionalProperties": false, "properties": {"street": {"type": "string", "sensitive": true}}},
		"visits": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {"full_name": {"type": "string"}, "when": {"type": "string"}}}}
	}}`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range warnings {
		if w.Keyword == "sensitive" {
			got = append(got, w.Pointer)
		}
	}
	want := []string{"/properties/birthDate", "/properties/HOME-PHONE", "/properties/visits/items/properties/full_name"}
	if !slices.Equal(got, want) {
		t.Errorf("warned of %q, want %q", got, want)
	}
}

func TestPersonal(t *testing.T) {
	for _, name := range strings.Fields(`
		email eMail EMAIL e-mail mail emails contactEmail email2 emailAddress phone phoneNumber phone_number homePhone mobile mobilePhone fax whatsApp
		firstName last_name LASTNAME full_name customerName maidenName birthDate dateOfBirth date_of_birth dob birthYear nationality gender
		address addresses addressLine1 address_line_2 billingAddress ipAddress IPAddress street streetName zip zipCode zip_code shippingZip postalCode
		socialSecurity socialSecurityNumber social_security ssn passport passport_no passportNumber driverLicense drivers_license nationalId taxId tax_number
		accountNumber bank_account_number iban creditCard cardNumber cvv cvv2 salary bloodType
		nome sobrenome nomeCompleto nome_da_mae telefone telefone2 celular cep endereco endereço enderecoEntrega dataNascimento data_de_nascimento cpf cpfCliente
		cnpj rg cnh chavePix estadoCivil
		nombre apellido apellidos segundoApellido teléfono telefonoMovil movil dirección codigoPostal correo correoElectronico fechaNacimiento dni nif curp cedula pasaporte`) {
		if !personal(name) {
			t.Errorf("%s is not personal", name)
		}
	}
	for _, name := range strings.Fields(`
		name title sku price quantity status color size currency locale country city when note id productId orderNumber tags score createdAt loyaltyLevel
		addressId shipping_address_ids emailOptIn email_opt_out addressCount zipCodeRequired emailVerified phoneVerifiedAt hasPhone isMobile mobileApp phoneType emailTemplate emailStatus
		nomeProduto nombreTienda recipe escape concept accept calendar cardType cardinality birthdays_count telefoneObrigatorio tipoEndereco
		corporate general stress zipper ssnRequired hearing nieces preference shoeSize favouriteTeam`) {
		if personal(name) {
			t.Errorf("%s is personal", name)
		}
	}
}

func TestDefaultsDeclarePersonalNames(t *testing.T) {
	for _, e := range Defaults() {
		for _, w := range lint(e) {
			t.Errorf("%s: %s %s", e.Name, w.Pointer, w.Message)
		}
	}
}
