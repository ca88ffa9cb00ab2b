"""Help desks in five languages: pages, and questions with other forms of their words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HelpDesk:
    """`pages`: text by name.

    `questions`: the page that each is answered by, and what the answer holds.
    """

    language: str
    pages: dict[str, str]
    questions: dict[str, tuple[str, str]]
    off_topic: str


GERMAN = HelpDesk(
    "de",
    {
        "kuendigung": "# Vertrag kündigen\n\nKündigungen sind bis zum 3. Mai möglich. Sie schreiben uns dazu formlos, "
        "z. B. per E-Mail. Der Vertrag endet dann zum Monatsende.",
        "versand": "# Lieferung\n\nPakete werden innerhalb von zwei Werktagen verschickt. Die Lieferung nach "
        "Österreich kostet 9,90 Euro. Große Häuser mit mehreren Eingängen nennen bitte den Eingang.",
        "passwort": "# Passwort\n\nWer sein Passwort vergessen hat, setzt es auf der Anmeldeseite zurück. Die Meldung "
        "E-1042 bedeutet, dass der Link abgelaufen ist.",
        "rechnung": "# Rechnungen\n\nRechnungen liegen im Kundenkonto. Die Zahlung ist nach 14 Tagen fällig, bzw. nach "
        "30 Tagen für Firmenkunden.",
    },
    {
        "Bis wann sind Kündigungen von Verträgen möglich?": ("kuendigung", "3. Mai"),
        "Was kosten Lieferungen nach Osterreich?": ("versand", "9,90"),
        "Was heißt E-1042?": ("passwort", "abgelaufen"),
        "Wann ist die Zahlung einer Rechnung fällig?": ("rechnung", "14 Tagen"),
    },
    "Wer hat die Schlacht von Waterloo gewonnen?",
)
FRENCH = HelpDesk(
    "fr",
    {
        "resiliation": "# Résiliation\n\nLa résiliation de l'abonnement se fait en ligne. Le contrat prend fin "
        "trente jours après la demande.",
        "livraison": "# Livraison\n\nLes colis partent sous deux jours ouvrés. La livraison en Belgique coûte sept "
        "euros.",
        "factures": "# Factures\n\nLes factures sont envoyées par courriel. Mme. Petit répond aux questions de "
        "paiement au service comptable.",
        "garantie": "# Garantie\n\nLes vélos sont garantis cinq ans. La batterie est garantie deux ans, p. ex. contre "
        "une perte de capacité.",
    },
    {
        "comment resilier mes abonnements": ("resiliation", "en ligne"),
        "Combien coûtent les livraisons vers la Belgique ?": ("livraison", "sept euros"),
        "Qui répond à une question sur un paiement ?": ("factures", "Petit"),
        "Quelle est la garantie des batteries ?": ("garantie", "deux ans"),
    },
    "Quelle est la hauteur de la tour Eiffel ?",
)
SPANISH = HelpDesk(
    "es",
    {
        "cancelacion": "# Cancelaciones\n\nLas cancelaciones son gratuitas hasta el día anterior. Después se cobra la "
        "mitad del precio.",
        "envio": "# Envíos\n\nLos envíos a las Islas Canarias tardan una semana. La Sra. López atiende los retrasos.",
        "direccion": "# Direcciones\n\nPuede cambiar sus direcciones en su cuenta. Los pedidos ya enviados no cambian.",
        "horario": "# Horario\n\nLa tienda abre de nueve a dos. Los domingos está cerrada.",
    },
    {
        "¿Es gratuita la cancelacion?": ("cancelacion", "gratuitas"),
        "cuanto tarda un envio a Canarias": ("envio", "una semana"),
        "¿Cómo cambio mi dirección?": ("direccion", "en su cuenta"),
        "¿Abren los domingos?": ("horario", "cerrada"),
    },
    "¿Quién pintó las Meninas?",
)
JAPANESE = HelpDesk(
    "ja",
    {
        "henpin": "# 返品\n\n商品の返品は到着後三十日以内に受け付けます。返品の送料はお客様の負担です。",
        "haisou": "# 配送\n\n東京都への配送は翌日に届きます。配送の料金は五百円です。",
        "pasuwado": "# パスワード\n\nパスワードを忘れた場合は、ログイン画面から再設定できます。"
        "エラーE-1042は期限切れを示します。",
        "shiharai": "# 支払い\n\n支払い方法はクレジットカードと銀行振込です。領収書はマイページから発行できます。",
    },
    {
        "返品期限": ("henpin", "三十日以内"),
        "配送料金はいくらですか？": ("haisou", "五百円"),
        "ﾊﾟｽﾜｰﾄﾞを忘れました": ("pasuwado", "再設定"),
        "領収書がほしいのですが": ("shiharai", "マイページ"),
    },
    "富士山の高さは何メートルですか？",
)
CHINESE = HelpDesk(
    "zh",
    {
        "tuihuo": "# 退货\n\n商品可以在三十天内退货。退货的运费由买家承担。",
        "peisong": "# 配送\n\n北京的订单第二天送达。配送费是十元，满一百元免费。",
        "mima": "# 密码\n\n忘记密码时，请在登录页面重新设置。错误E-1042表示链接已经过期。",
        "fapiao": "# 发票\n\n电子发票在订单页面下载。纸质发票需要联系客服。",
    },
    {
        "多少天之内可以退货？": ("tuihuo", "三十天"),
        "配送费多少钱": ("peisong", "十元"),
        "出现Ｅ－１０４２怎么办": ("mima", "过期"),
        "怎样下载电子发票？": ("fapiao", "订单页面"),
    },
    "长城是什么时候建造的？",
)
HELP_DESKS = (GERMAN, FRENCH, SPANISH, JAPANESE, CHINESE)
