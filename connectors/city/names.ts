/** Names as they are common in Kupang, joined at random: any likeness to a living person is chance. */
import type { Random } from './random.js';

const words = (text: string): readonly string[] => text.split(' ');

const CHRISTIAN = {
  male: words('YOHANES PETRUS PAULUS MARKUS LUKAS MATEUS YAKOBUS SIMON STEFANUS YOSEF DANIEL SAMUEL YEREMIAS ELIAS MELKIANUS OKTOVIANUS FERDINAN JEFRI ROBERT HENDRIK MARTHEN YUNUS ABRAHAM IMANUEL KRISTIAN DOMINGGUS BENYAMIN GERSON NIKODEMUS SOLEMAN AGUSTINUS FRANSISKUS IGNASIUS VINSENSIUS ALOYSIUS'),
  female: words('MARIA MARTHA YULIANA ORIANCE ADRIANA MARGARITA YOHANA DORKAS RUT ESTER NAOMI DEBORA KATARINA KRISTINA WELMINCE FEBRIANI NOVIANA SELFINA AGNES THERESIA FRANSISKA ELISABETH MAGDALENA ANASTASIA VERONIKA SARLOTA BERTHA YUNITA MELDA RIBKA PRISKILA ROSALINA ANGELINA'),
};
const MUSLIM = {
  male: words('AHMAD MUHAMMAD ABDUL IBRAHIM ISMAIL RAHMAT HASAN HUSEIN YUSUF ALI UMAR ARIFIN SYARIF FADLI RIDWAN'),
  female: words('SITI NUR AISYAH FATIMAH HALIMAH KHADIJAH RAHMAWATI SALMA ZAINAB MARYAM LAILA NURHAYATI SRI DEWI'),
};
const BALINESE = { male: words('MADE NYOMAN KETUT WAYAN PUTU'), female: words('NILUH KADEK KOMANG LUH AYU') };
const SECOND = words('ALEKSANDER ANDRE ARDI BERNADUS CHARLES DEDI DEVI EDUARD EKA FREDIK GABRIEL INDAH JONI KORNELIS LEONARD MELKI NATALIA OBED PUTRI RAHMAN RICO SARI TOMAS VIKTOR WATI YANTI YONATAN');
const CLANS = words('TAOLIN NENOHAI LAKAPU BENU TEFA MANAFE NDOEN PELLOKILA MESSAKH RIWU DJAWA RIHI BESSIE AMALO FANGGIDAE KIUK SNAE TNUNAY OEMATAN SONBAI NAISOKO BANUNAEK KASE SELAN NUBATONIS MELLA BRIA SERAN KLAU NAHAK BERE MAU LOPEZ FERNANDEZ SOARES WADU LADO KOTEN KLEDEN HAYON BAHAS MALAIKOSA LAIPENY ADOE FOEH SAUDALE HANING BALUKH MBATU NALLE SINE THENE TULLE ABINENO NABUASA TAKENE BOIMAU LEO FAOT TANAEM KAPITAN LIU MANU PITAY KOLLO');
const MUSLIM_CLANS = words('ABDULLAH USMAN HAMID SALEH IDRIS TAHIR MANSYUR BAGINDA LATIF ARSYAD DAENG KARIM');
const BALINESE_CLANS = words('ARTAWAN SUARDANA WIRAWAN SUKERTA ARDANA');

const STREETS = ['Jl. Cendana Wangi', 'Jl. Flamboyan', 'Jl. Gewang', 'Jl. Lontar', 'Jl. Kesambi', 'Jl. Sasando', 'Jl. Tenun Ikat', 'Jl. Bunga Karang', 'Jl. Pantai Teduh', 'Jl. Bukit Sabana', 'Jl. Angsana', 'Jl. Kelor', 'Jl. Beringin Tua', 'Jl. Merpati Putih', 'Jl. Cemara Laut', 'Gang Damai', 'Gang Kasih', 'Gang Rukun'];

export const BIRTHPLACES = ['KUPANG', 'KUPANG', 'KUPANG', 'KUPANG', 'SOE', 'KEFAMENANU', 'ATAMBUA', 'BAA', 'SEBA', 'KALABAHI', 'ENDE', 'MAUMERE', 'LARANTUKA', 'WAINGAPU', 'RUTENG'];

/** SIAK code of a religion as it is spread in the city. */
export function religionOf(random: Random): string {
  const share = random.next();
  return share < 0.63 ? '2' : share < 0.85 ? '3' : share < 0.98 ? '1' : share < 0.995 ? '4' : share < 0.999 ? '5' : '7';
}

export function clanOf(random: Random, religion: string): string {
  return random.pick(religion === '1' ? MUSLIM_CLANS : religion === '4' ? BALINESE_CLANS : CLANS);
}

/** Given names and the clan, in capitals as SIAK writes them. */
export function nameOf(random: Random, female: boolean, religion: string, clan: string): string {
  const pool = religion === '1' ? MUSLIM : religion === '4' ? BALINESE : CHRISTIAN;
  const given = random.pick(female ? pool.female : pool.male);
  return random.chance(0.55) ? `${given} ${random.pick(SECOND)} ${clan}` : `${given} ${clan}`;
}

export function addressOf(random: Random): string {
  return `${random.pick(STREETS)} No. ${random.between(1, 120)}`;
}
