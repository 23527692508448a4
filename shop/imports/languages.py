"""Words of column names in the languages of tills, and what each means in ours. Compared without case and accents."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# meaning: words, in German, French, Spanish, Italian, Dutch, Polish and Portuguese, and what programs write.
_MEANINGS = {
    "address": "adresse adres direccion indirizzo",
    "amount": "betrag montant importe importo bedrag kwota valor amt betr",
    "barcode": (
        "strichcode streepjescode codebarre codebarres kodkreskowy codigobarras codigodebarras codiceabarre "
        "gencod ean13 ean8"
    ),
    "best before": (
        "mhd mindesthaltbarkeit mindestenshaltbarbis peremption datedeperemption ddm dluo caducidad scadenza "
        "tht houdbaar validade datadescadenza fechadecaducidad terminprzydatnosci"
    ),
    "branch": (
        "filiale markt laden magasin tienda negozio winkel filiaal sklep loja sucursal vestiging oddzial "
        "puntovendita outlet almacen pdv"
    ),
    "card": "karte carte tarjeta tessera kaart karta cartao karty",
    "cashier": (
        "kassierer kassiererin verkaufer bediener caissier caissiere vendeur cajero cassiere kassamedewerker "
        "kasjer operador bedienung"
    ),
    "category": (
        "kategorie warengruppe warengrp wg categorie categoria rayon famille familia reparto productgroep "
        "artikelgroep kategoria catagory departamento itemtype producttype groep groupe grupo gruppo grp dept"
    ),
    "code": "codigo codice kod cod cd",
    "cost price": (
        "einkaufspreis ek ekpreis einstandspreis prixachat prixdachat preciocompra preciocoste prezzoacquisto "
        "inkoopprijs cenazakupu precocusto cogs pa paht inkprijs"
    ),
    "customer": (
        "klienta klientow kunde kunden client cliente klant klient mitglied membre miembro socio lid cust clt"
    ),
    "date": "datum fecha data dzien giorno dia jour tag dag dt",
    "description": (
        "bezeichnung beschreibung designation libelle descripcion descrizione omschrijving opis descricao "
        "artikelbezeichnung artikeltext desc descr bez omschr bezeichn"
    ),
    "discount": "rabatt nachlass remise descuento sconto korting rabat desconto disc",
    "email": "mail courriel correo emailadresse eposta",
    "end": "ende fin fine einde koniec fim bis jusqua hasta tot",
    "id": "identifier ident kennung cle key",
    "invoice": "rechnung facture factura fattura factuur faktura fatura inv",
    "item": "artykul artykulu towaru artikel article articulo articolo towar artigo posten art",
    "joined": "rejestracji registriert inscription alta iscrizione",
    "location": "place lieu luogo",
    "lot": "charge los lote lotto partij partia chargennummer",
    "name": "nom nombre nome naam nazwa imieinazwisko nazwisko imie",
    "number": "nummer nr no num numero nro numer n nbr nmbr",
    "pack size": "colisage conditionnement gebinde verpackungseinheit colli collo confezione",
    "paid": "bezahlt paye pagado pagato betaald zaplacono pago",
    "payment method": (
        "zahlungsart zahlart zahlungsmittel modedepaiement modedereglement reglement formadepago mediodepago "
        "metododipagamento pagamento betaalwijze betaalmethode formaplatnosci platnosc formadepagamento "
        "paiement"
    ),
    "phone": "telefon telefono telefoon telephone tel handy mobil telemovel telefonu",
    "price": "preis prix precio prezzo prijs cena preco prc",
    "product": "produkt produit producto prodotto produto prod",
    "quantity": (
        "menge anzahl stuck stueck stk quantite qte cantidad quantita aantal ilosc quantidade cant qta "
        "hoeveelheid qtd qty"
    ),
    "rating": "bewertung note calificacion valutazione beoordeling ocena sterne etoiles estrellas stelle",
    "receipt": (
        "paragonu rachunku bon kassenbon beleg belegnr bonnr bonnummer belegnummer quittung ticket recu tique "
        "scontrino kassabon paragon recibo rachunek ticketnr tkt rcpt"
    ),
    "retail price": "mrp uvp vkpreis",
    "sales": "umsatz ventes ventas vendite omzet sprzedaz ca chiffredaffaires",
    "selling price": (
        "verkaufspreis vk prixdevente prixvente pvp precioventa prezzovendita verkoopprijs cenasprzedazy "
        "precovenda prezzodivendita preciodeventa pv pvttc verkprijs prixvttc"
    ),
    "sold": "sld verkauft vendu vendida venduta verkocht sprzedana",
    "start": "beginn anfang debut inicio inizio begin poczatek von desde",
    "stock": (
        "bestand lagerbestand lager estoque existencias giacenza voorraad zapas stan magazzino stanmagazynowy soh"
    ),
    "store": "str",
    "supplier": "lieferant fournisseur proveedor fornitore leverancier dostawca fornecedor lev lief fourn prov forn",
    "tax": "steuer taxe impuesto imposta belasting podatek imposto",
    "tender": "tndr",
    "text": "texte texto testo tekst kommentar commentaire comentario commento opmerking komentarz",
    "till": "kasa kasy kasse caisse caja cassa kassa terminal pos posnr kassennr caixa trm devicename device",
    "time": "zeit uhrzeit heure hora ora tijd godzina czas zeitpunkt tm",
    "total": "gesamt summe gesamtbetrag gesamtpreis totale totaal suma razem wartosc totalttc summebrutto brutto ext",
    "transaction": "trx txn trans",
    "type": "typ tipo",
    "unit": "einheit unite unidad unita eenheid jednostka unidade um me jm unt",
    "unit price": (
        "einzelpreis stuckpreis epreis prixunitaire preciounitario prezzounitario eenheidsprijs stuksprijs "
        "cenajednostkowa precounitario pu"
    ),
    "vat": "mwst ust mehrwertsteuer tva iva btw ptu",
    "vat rate": "mwstsatz steuersatz tauxtva tipoiva aliquota aliquotaiva stawkavat btwtarief",
    "weight": "gewicht poids peso waga",
}
_SMALL = frozenset(
    ("de", "du", "des", "la", "le", "les", "el", "los", "di", "del", "della", "da", "do", "van", "het", "der", "die")
    + ("das", "the", "of", "d", "l", "a", "in", "incl", "inkl", "ttc", "ht")
)


@lru_cache(maxsize=20_000)
def tokens(name: str) -> tuple[str, ...]:
    """The words of a column name: “Item_MRP” and “itemDescription” are two, “Tax 5%” is one."""
    bare = re.sub(r"(?<=[^\W\d_])\.(?=[^\W\d_])", "", re.sub(r"\(.*?\)|\[.*?\]", " ", name))
    spaced = re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])", " ", bare)
    return tuple(re.findall(r"[a-z]+\d*", _without_accents(spaced)))


@lru_cache(maxsize=20_000)
def in_english(name: str) -> tuple[str, ...]:
    """The words of the name with every foreign one put into ours, compounds taken apart; small words left out."""
    words = [word for word in tokens(name) if word not in _SMALL]
    known = _known()
    whole = known.get("".join(tokens(name))) or known.get("".join(words))
    if whole:
        return tuple(whole.split())
    # “MwSt-Betrag” is no “mw” and “st”: what is left of such words is tried in one piece.
    joined = _word("".join(words))
    if len(joined) > 1 and not all(word in known for word in words):
        return tuple(joined)
    return tuple(found for word in words for found in _word(word))


def _word(word: str) -> list[str]:
    known = _known()
    if word in known:
        return known[word].split()
    for cut in range(len(word) - 2, 2, -1):
        start, rest = word[:cut], word[cut:]
        for first in (start, start.removesuffix("s")):
            if first in known and rest in known:
                return [*known[first].split(), *known[rest].split()]
    return [word]


@lru_cache(maxsize=20_000)
def _known() -> dict[str, str]:
    words = {word.replace("_", ""): meaning for meaning, said in _MEANINGS.items() for word in said.split()}
    return {meaning: meaning for meaning in _MEANINGS if " " not in meaning} | words


def _without_accents(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ł", "l").replace("Ł", "L"))
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).lower()
