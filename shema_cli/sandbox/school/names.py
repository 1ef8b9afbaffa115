"""Words that the sandbox's people and conversations are made of."""

from __future__ import annotations

GIVEN = (
    "Adinda", "Agus", "Aisyah", "Andi", "Anggun", "Ayu", "Bagas", "Bambang", "Bayu", "Bima", "Budi", "Cahya",
    "Citra", "Dewi", "Dian", "Dimas", "Dwi", "Eka", "Endah", "Fajar", "Farah", "Fitri", "Galih", "Gita", "Hadi",
    "Hana", "Hendra", "Indah", "Intan", "Irfan", "Jaka", "Joko", "Kartika", "Kirana", "Laras", "Lestari", "Made",
    "Maya", "Melati", "Nadia", "Nanda", "Nur", "Nyoman", "Oka", "Putri", "Rahmat", "Ratna", "Rian", "Rizky", "Sari",
    "Satria", "Sekar", "Siti", "Surya", "Tari", "Teguh", "Tirta", "Udin", "Utami", "Vina", "Wahyu", "Wayan",
    "Wulan", "Yanti", "Yoga", "Yusuf", "Zahra",
)  # fmt: skip
FAMILY = (
    "Anggraini", "Aritonang", "Cahyono", "Darmawan", "Fauzi", "Gunawan", "Halim", "Handayani", "Harahap", "Hartono",
    "Hidayat", "Iskandar", "Kurniawan", "Kusuma", "Lubis", "Mahendra", "Maharani", "Nasution", "Nugroho",
    "Oktaviani", "Pangestu", "Permata", "Pradana", "Pratama", "Prasetyo", "Purnama", "Puspita", "Rahayu",
    "Ramadhan", "Saputra", "Santoso", "Setiawan", "Siregar", "Situmorang", "Subroto", "Suharto", "Sutanto",
    "Suryani", "Utomo", "Wibowo", "Widodo", "Wijaya", "Wulandari", "Yulianto",
)  # fmt: skip
CITIES = ("Jakarta", "Bandung", "Surabaya", "Yogyakarta", "Semarang", "Malang", "Denpasar", "Medan", "Makassar", "Solo")
COURSES = (
    # name, instrument, level, seats, students already there
    ("Piano Dasar", "piano", "beginner", 40, 31),
    ("Piano Lanjutan", "piano", "advanced", 12, 10),
    ("Gitar Akustik", "guitar", "beginner", 45, 38),
    ("Gitar Elektrik", "guitar", "intermediate", 24, 17),
    ("Biola Dasar", "violin", "beginner", 20, 20),
    ("Biola Lanjutan", "violin", "advanced", 10, 6),
    ("Drum", "drums", "beginner", 18, 12),
    ("Vokal", "voice", "beginner", 36, 29),
    ("Paduan Suara", "voice", "intermediate", 60, 44),
    ("Bass", "bass", "beginner", 16, 9),
    ("Saksofon", "saxophone", "intermediate", 10, 7),
    ("Angklung", "angklung", "beginner", 30, 22),
    ("Gamelan Jawa", "gamelan", "beginner", 25, 18),
    ("Teori Musik", "theory", "beginner", 50, 27),
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
TIMES = ("morning", "afternoon", "evening")
LEVELS = ("beginner", "intermediate", "advanced")
CONVERSATIONS = (
    # (role, text), in turns
    (
        ("student", "Selamat pagi, apakah kelas piano hari Sabtu masih ada tempat?"),
        ("admin", "Selamat pagi! Masih ada dua kursi untuk jam 10.00."),
        ("student", "Baik, saya daftar yang jam 10.00 ya."),
        ("admin", "Siap, pendaftarannya sudah kami terima. Terima kasih 🙏"),
    ),
    (
        ("student", "Hi, can I move my guitar lesson from Tuesday to Thursday?"),
        ("admin", "Of course. Thursday 16:00 or 18:00?"),
        ("student", "18:00 please, after work."),
        ("admin", "Done, see you on Thursday at 18:00."),
    ),
    (
        ("student", "Kak, biolanya perlu bawa sendiri atau disediakan?"),
        ("admin", "Untuk kelas dasar kami sediakan, tidak perlu bawa."),
        ("student", "Wah, terima kasih banyak! 🎻"),
    ),
    (
        ("student", "Is there a trial class for drums?"),
        ("admin", "Yes, every first Saturday of the month, free of charge."),
        ("student", "Great, I'll book one for my son."),
    ),
    (
        ("student", "Maaf, hari ini saya sakit dan tidak bisa ikut latihan paduan suara."),
        ("admin", "Semoga lekas sembuh! Kami catat izinnya."),
    ),
    (
        ("student", "Bagaimana cara membayar biaya kursus bulan depan?"),
        ("admin", "Bisa transfer atau QRIS; tagihannya kami kirim lewat WhatsApp."),
        ("student", "Oke, saya tunggu."),
    ),
)
