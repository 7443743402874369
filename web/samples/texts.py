"""The words that sample people are made of: names by origin, and what each category does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """A culture: its names, commonest first, its languages, and where its people live."""

    native: tuple[str, ...]
    learnt: tuple[str, ...]
    zones: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A category: its titles with what each is asked about, and the lives behind them."""

    category: str
    base_rate: int  # an hour of a beginner, minor units
    titles: tuple[tuple[str, tuple[str, ...]], ...]
    pasts: tuple[str, ...]  # complete "I have worked ..."


def _words(line: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in line.split())


def _origin(paragraph: str) -> Origin:
    tongues, zones, given, *family = paragraph.strip().splitlines()
    native, _, learnt = tongues.partition(";")
    return Origin(
        native=_words(native),
        learnt=_words(learnt),
        zones=tuple(zones.split()),
        given=_words(given),
        family=_words(" ".join(family)),
    )


def _field(paragraph: str) -> Field:
    head, *pasts_and_titles = paragraph.strip().splitlines()
    category, _, base_rate = head.partition(" ")
    rows = [line.partition(": ") for line in pasts_and_titles]
    return Field(
        category=category,
        base_rate=int(base_rate),
        pasts=tuple(line for line, colon, _ in rows if not colon),
        titles=tuple((title, tuple(topics.split("; "))) for title, colon, topics in rows if colon),
    )


# A paragraph an origin: languages (native; learnt), zones (one as often as it is likely),
# given names, family names. An underscore is a space within a name. Where women and men bear
# different family names, only those that they share are here: the two are drawn apart.
ORIGINS = tuple(
    _origin(paragraph)
    for paragraph in """
English; French Spanish German Welsh
Europe/London Europe/London Europe/London Europe/London
Sarah Emma Daniel Oliver David Anna Charlotte Zoë Thomas Imogen James Harriet George Lucy
Smith Jones Taylor Hughes Clarke Bennett Whitaker Ashworth Patterson Marlowe Fletcher Barlow
Hargreaves Pemberton Thorne Lockwood Ellison Redfern Okafor Sutton Winslow

English Irish; French German
Europe/Dublin
Sarah Daniel Aoife David Anna Ciara Conor Niamh Seán Róisín Declan Orla Eoin Gráinne
Murphy Kelly O'Brien Byrne Ryan O'Connor Walsh McCarthy Doyle Gallagher Doherty Kennedy Nolan Quinn
Brennan Fitzgerald Keane Daly

English; Spanish French Mandarin
America/New_York America/New_York America/Chicago America/Denver America/Los_Angeles
Maria David Sarah Daniel Michael Anna Grace Marcus Olivia Ethan Jasmine Caleb Naomi Andre
Johnson Williams Garcia Brown Davis Miller Martinez Washington Anderson Jackson Thompson Brooks
Coleman Reyes Sullivan Hayes Bishop Lawson Whitfield Delgado Harrington Boone Prescott

English French; Spanish German
America/Toronto America/Vancouver America/Halifax America/St_Johns
Sarah David Daniel Maria Anna Zoé Étienne Claire Liam Noémie Mathieu Heather Owen Geneviève
Tremblay MacDonald Roy Campbell Bouchard Fraser Gagnon Sinclair Côté Morrison Pelletier Stewart
Lévesque Cameron Beaulieu Penney Power Squires

English; Italian Japanese Indonesian
Australia/Sydney Australia/Melbourne Australia/Adelaide Australia/Perth Australia/Lord_Howe
Sarah David Chloe Anna Daniel Jack Matilda Lachlan Georgia Angus Zara Cooper Isla Hamish
Wilson Thompson Nguyen Kelly Harris Cooper Watson Mitchell Fraser Papas Hartley Wilmot Gibson
Retallick Beaumont Sheehan Costa Langford Drummond

English Māori; French Japanese
Pacific/Auckland Pacific/Auckland Pacific/Chatham
Sarah Daniel Aroha Anna David Tane Hana Rawiri Mere Wiremu Isla Nikau Ngaire Callum
Ngata Walker Parata Tamihere Wright Solomon Tipene Mitchell Rangi Harrison Henare Cunningham
Te_Rangi Lockhart Waititi McLeod

French; English Spanish German Italian
Europe/Paris Europe/Paris Europe/Paris Europe/Brussels
Camille Sarah David Anna Hélène Daniel Julien Maëlle Théo Chloé Antoine Élodie Rémi Amélie
Martin Bernard Dubois Moreau Lefèvre Girard Rousseau Fontaine Chevalier Mercier Garnier Faure
Delacroix Beaumont Le_Goff Marchand Vasseur Perrin Aubert Renaud

German; English French Spanish Russian
Europe/Berlin Europe/Berlin Europe/Berlin Europe/Vienna Europe/Zurich
Maria Anna David Jürgen Daniel Katharina Sarah Lukas Greta Matthias Friederike Jonas Heike Björn
Müller Schmidt Schneider Fischer Weber Wagner Becker Hoffmann Schäfer Köhler Krüger Vogt Lindemann
Brandt Zimmermann Großmann Pfeiffer Steinbach Huber Keller Baumgartner

Spanish; English Catalan French Portuguese
Europe/Madrid Europe/Madrid Atlantic/Canary
María Daniel Ana David Sara Lucía Javier Carmen Íñigo Nuria Álvaro Inés Jordi Marta
García Fernández Núñez López Martínez Ibáñez Serrano Castaño Vidal Peña Echeverría Soler Muñoz
Aguirre Prieto Ortega Ferrer Lozano

Spanish; English Portuguese French
America/Mexico_City America/Bogota America/Argentina/Buenos_Aires America/Santiago America/Lima
María Elena Daniel Sara David Santiago Valentina Mateo Camila Andrés Ximena Joaquín Paula Tomás
García Rodríguez Hernández González Quispe Ramírez Vargas Mendoza Rojas Castillo Acosta Cárdenas
Villanueva Figueroa Peralta Restrepo Zambrano Benítez Salazar Montoya

Portuguese; English Spanish French
America/Sao_Paulo America/Sao_Paulo Europe/Lisbon
Maria Daniel Ana David João Beatriz Rafael Larissa Thiago Inês Gustavo Fernanda Caio Letícia
Silva Santos Oliveira Souza Ferreira Almeida Carvalho Gonçalves Araújo Ribeiro Nogueira Teixeira
Magalhães Moreira Brandão Coutinho

Italian; English French Spanish
Europe/Rome Europe/Rome
Anna Daniele Maria Davide Sara Giulia Lorenzo Francesca Niccolò Chiara Alessandro Elena Pietro
Rossi Russo Ferrari Esposito Bianchi Ricci Marino Conti De_Luca Barbieri Lombardi Caruso Moretti
Fontana Santoro Bellini Sartori

Danish; English Swedish German
Europe/Copenhagen Europe/Oslo
Anna Søren Maria Daniel Freja Anders Astrid Mikkel Sofie Jørgen Signe Rasmus Kirstine Håkon
Nielsen Jensen Hansen Østergaard Sørensen Kjær Lund Holm Bjerregaard Dahl Thomsen Nørgaard Haugen
Berg Skov Winther

Swedish; English Finnish German
Europe/Stockholm Europe/Helsinki
Anna Daniel Sara Maria David Linnéa Oskar Elsa Björn Ebba Åsa Gustav Märta Viktor
Andersson Lindqvist Johansson Bergström Nyström Virtanen Sjöberg Ekholm Söderberg Hedlund Åkesson
Wallin Forsberg Mäkinen Blomkvist

Dutch; English German French
Europe/Amsterdam Europe/Amsterdam
Anna Daniel Sara David Sanne Joost Femke Maarten Lotte Bram Anouk Jeroen Maartje Thijs
de_Vries van_Dijk Jansen Bakker Visser de_Boer Mulder van_den_Berg Dekker Hoekstra Vermeulen
Kuipers Postma van_der_Meer Brouwer

Polish; English German Ukrainian
Europe/Warsaw Europe/Warsaw
Anna Maria Łukasz Daniel Sara Zofia Paweł Małgorzata Tomasz Agnieszka Wojciech Żaneta Michał
Nowak Wójcik Mazur Kaczmarek Krawczyk Zając Wróbel Pawlak Dudek Sikora Baran Szewczyk Gołąb Stępień
Kołodziej Bąk Wilk Rutkiewicz

Ukrainian; English Polish Russian
Europe/Kyiv
Anna Maria Daniel Oksana Andriy Olena Bohdan Kateryna Taras Nadiya Yurii Iryna Ostap Solomiya
Shevchenko Kovalenko Bondarenko Melnyk Tkachenko Boyko Lysenko Kravchuk Marchenko Rudenko Hrytsenko
Savchuk Petrenko Moroz

Hungarian; English German
Europe/Budapest
Anna Dániel Sára Dávid Mária Réka Gergő Ilona Bence Dóra Zsófia András Márton Eszter
Nagy Kovács Szabó Tóth Horváth Varga Kiss Molnár Balogh Lakatos Farkas Szűcs Bíró Kertész

Turkish; English German French
Europe/Istanbul Europe/Istanbul
Elif Emre Zeynep Mehmet Ayşe Can Defne Burak Gülşen Onur Şirin Kerem Sara Ömer
Yılmaz Kaya Demir Çelik Şahin Yıldız Öztürk Aydın Özdemir Arslan Doğan Kılıç Çetin Koç Erdoğdu

Arabic; English French
Africa/Cairo Asia/Dubai Africa/Casablanca Asia/Beirut
Sara Omar Mariam Youssef Layla Karim Nadia Khalid Yasmine Tarek Amina Hassan Dalia Ziad
Haddad Mansour El_Sayed Khalil Benali Farouk Nasser Saleh Aziz Abdallah Bennani Hamdan Khoury
Shaheen El_Idrissi Rahman

Persian; English Turkish German
Asia/Tehran
Sara Dariush Maryam Reza Shirin Kaveh Nasrin Arash Parisa Navid Golnaz Behrouz Mina Farhad
Hosseini Ahmadi Karimi Moradi Jafari Rezaei Tehrani Shirazi Golzar Farahani Sadeghi Bahrami

Hindi English; Tamil Bengali Marathi Punjabi
Asia/Kolkata Asia/Kolkata Asia/Kolkata Asia/Kolkata Europe/London
Priya Arjun Anjali Rahul Kavya Vikram Meera Sanjay Divya Rohan Lakshmi Aditya Isha Farhan
Sharma Singh Patel Iyer Gupta Reddy Banerjee Nair Kapoor Desai Mukherjee Rao Joshi Kulkarni
Chatterjee Menon Khan Bhatt Verma Pillai Mehta

Nepali; English Hindi
Asia/Kathmandu
Sita Bishal Anita Prakash Sunita Nabin Pema Roshan Manisha Dipendra Asmita Tenzing
Shrestha Gurung Tamang Thapa Sherpa Adhikari Rai Maharjan Karki Basnet Poudel Magar

Mandarin; English Cantonese Japanese Malay
Asia/Shanghai Asia/Shanghai Asia/Singapore Asia/Hong_Kong Asia/Taipei
Wei Mei Jun Xiaoyu David Lihua Hao Jiayi Daniel Yutong Ming Anna Zhen Huiling
Wang Li Zhang Chen Liu Huang Wu Lin Zhao Tan Yang Xu Guo Lim Zheng Leung Hsu Ng Feng Cheung

Japanese; English Korean Mandarin French
Asia/Tokyo Asia/Tokyo Asia/Tokyo
Yui Haruto Sakura Kenji Aoi Takeshi Hanako Ren Naoko Shun Emi Daichi Misaki Kaito
Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Mori Ishikawa Fujita Okada
Hasegawa Shimizu Arai Kuroda Nishimura

Korean; English Japanese
Asia/Seoul Asia/Seoul
Ji-woo Min-jun Seo-yeon Daniel Ha-eun Jun-ho Soo-min Hyun-woo Yuna Dong-hyun Eun-ji Tae-yang
Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Shin Kwon Hwang Seo Bae

Vietnamese; English French
Asia/Ho_Chi_Minh
Linh Minh Thảo Anh Hương Đức Mai Khoa Ngọc Tuấn Lan Quang Hạnh Bảo
Nguyễn Trần Lê Phạm Hoàng Đặng Bùi Vũ Đỗ Hồ Dương Võ Lý Đinh

Burmese; English Thai
Asia/Yangon
Thida Zaw Khin Aung Su_Su Min Ei_Phyu Kyaw Hnin Thant Nilar Ye_Htut
Win Htun Aye Lwin Myint Oo Naing Soe Thein Maung Hlaing Zin

Filipino English; Spanish Japanese
Asia/Manila
Maria Daniel Anna Angelica Rizal Divina Paolo Jasmine Marisol Joshua Ligaya Miguel Tala Andres
Santos Reyes Cruz Bautista Mendoza Villanueva Dela_Cruz Salonga Aquino Magsaysay Pangilinan

Indonesian; English Dutch
Asia/Jakarta
Dewi Putri Bayu Adi Sari Budi Ayu Rizky Wulan Agus Ratna Dimas Intan Yusuf
Wijaya Santoso Pratama Hartono Lestari Nugroho Kusuma Saputra Halim Wibowo Siregar Gunawan

English; Yoruba Igbo Hausa French
Africa/Lagos Africa/Lagos Africa/Accra
David Adaeze Daniel Folake Chinedu Abena Tunde Ngozi Kwame Sarah Emeka Temitope Kofi Yetunde
Okafor Adeyemi Mensah Okonkwo Balogun Eze Owusu Adebayo Nwosu Boateng Ogunleye Chukwu Asante Bello
Amoah Oyelaran

English Swahili; French Arabic
Africa/Nairobi Africa/Nairobi
David Wanjiku Daniel Akinyi Kamau Grace Otieno Brian Njeri Faith Barasa Nyambura Kiprono Wairimu
Mwangi Otieno Kimani Wambui Ochieng Njoroge Kiplagat Achieng Mutua Maina Wekesa Chebet Odhiambo

English Zulu; Afrikaans Xhosa Sotho
Africa/Johannesburg Africa/Johannesburg
Sarah Thabo Daniel Nomsa Pieter Lindiwe David Zanele Johan Anna Sipho Annelie Themba Naledi
Dlamini Nkosi van_der_Merwe Botha Khumalo Naidoo Ndlovu Pretorius Mokoena Govender Mbeki Steyn Zulu
du_Plessis

Hebrew; English Arabic Russian
Asia/Jerusalem
Sara David Maya Daniel Noa Eitan Tamar Yonatan Shira Amir Michal Lior Yael Nadav
Cohen Levi Mizrahi Peretz Friedman Biton Shapira Azulay Katz Ben-David Rosen Haddad
""".strip().split("\n\n")  # noqa: RUF001 -- Turkish has a dotless i
)

# A paragraph a category: its name and base rate, where its people have worked, and its titles.
FIELDS = tuple(
    _field(paragraph)
    for paragraph in """
TECHNOLOGY 9000
at two payment start-ups and a large bank
for a railway operator whose systems may never stop
in product teams from five people to five hundred
Cloud Architect: moving to the cloud without downtime; cloud bills; systems that survive failures
Data Engineer: pipelines that people trust; choosing a warehouse; late and duplicated data
Security Consultant: threat models; preparing for a penetration test; the first hours of an incident
Machine Learning Engineer: taking a model into production; honest evaluation; retrieval and search
Staff Software Engineer: untangling an old code base; system design interviews; database performance
Mobile Developer: offline-first apps; app store releases; start-up time and battery life

FINANCE 11000
in the treasury of a listed manufacturer
at an independent advice firm, and before that at an insurer
with family businesses and the banks that lend to them
Financial Planner: retirement plans; paying off a mortgage early; saving for children
Chartered Accountant: first annual accounts; VAT across borders; a month-end close that takes days
Tax Adviser: moving abroad; freelance income in two countries; equity compensation
Fractional CFO: runway and burn; pricing a funding round; board packs that get read
Investment Analyst: index portfolios; reading an annual report; the risk that you already carry
Pensions Consultant: workplace schemes; old pensions from several employers; when to draw an income

HEALTH 8000
in a teaching hospital and later in a small community practice
with competitive rowers, new parents and everyone in between
on a rehabilitation ward and in people's homes
Registered Dietitian: eating well on shift work; food and diabetes; a calmer way of losing weight
Physiotherapist: back pain at a desk; returning to running; recovery after knee surgery
Clinical Psychologist: anxiety before big changes; burnout; getting through grief
Sleep Coach: lying awake at three; jet lag and night shifts; babies who will not settle
Strength Coach: starting after fifty; training around an injury; a plan for two evenings a week
Midwifery Adviser: preparing for birth; feeding in the first weeks; going back to work

BUSINESS 10000
in logistics, retail and, for the longest time, medical devices
at a consultancy and then inside two companies that outgrew their founders
with founders in eleven countries
Strategy Consultant: choosing what to stop; entering a second market; a plan that fits on a page
Operations Manager: delivery times; stock that ties up cash; handovers between teams
Start-up Mentor: the first ten customers; co-founder agreements; telling a story to investors
Leadership Coach: the first hundred days as a manager; hard conversations; delegating for real
Supply Chain Adviser: second sources; contracts with carriers; forecasting a seasonal product
Product Manager: road maps under pressure; customer interviews; saying no with good reasons

LEGAL 15000
at an international firm and as counsel to a software company
in a regional practice that serves families and small firms
before employment tribunals and, more often, well away from them
Employment Lawyer: reading an offer or a contract; redundancy; settlement agreements
Immigration Lawyer: work permits; family reunion; the road to citizenship
Intellectual Property Attorney: registering a trade mark; open-source licences; selling a design
Data Protection Counsel: privacy notices; processor agreements; answering an access request
Tenancy Solicitor: rent increases; deposits that do not come back; ending a lease early
Commercial Contracts Lawyer: terms of service; limits of liability; negotiating with a larger party

DESIGN 8500
in studios, in-house and for a public library network
with museums, ministries and two airlines
on products that millions use and on a few that nobody noticed, as intended
Product Designer: first-run experiences; design critiques; handing over to engineers
UX Researcher: interviews without leading questions; surveys; tests with five people
Brand Designer: a mark that lasts; choosing typefaces; guidelines that people follow
Interior Architect: small flats; light and colour; a floor plan before the builders come
Design Systems Lead: tokens and themes; accessible components; winning teams over
Illustrator: children's books; building a portfolio; pricing commissions

MARKETING 8500
for a national theatre and for makers of very dull machines
at two agencies and on the client's side of the table
with shops that started at a kitchen table
SEO Specialist: technical audits; moving a site without losing visitors; pages for questions
Content Strategist: an editorial calendar; newsletters; a voice that sounds like you
Growth Marketer: paid search on a small budget; landing pages; experiments worth running
Brand Strategist: positioning against a giant; naming; talking about price
Public Relations Adviser: a launch without a budget; interviews on air; bad news
Marketing Analyst: attribution; dashboards that lead to decisions; customer lifetime value

EDUCATION 5500
in state schools, evening classes and a prison library
at a university, where I examined more often than I lectured
with pupils who had been told that they could not
Mathematics Tutor: exam nerves; calculus from the ground up; statistics for other subjects
IELTS Coach: speaking with confidence; essays in forty minutes; listening for detail
University Admissions Adviser: personal statements; choosing a course; interview practice
Music Teacher: reading a score; preparing for auditions; practising less and better
Career Counsellor: changing fields; a CV with gaps; negotiating a first salary
Learning Designer: courses that people finish; workshops online; assessing what matters
""".strip().split("\n\n")
)
