create schema {schema};
create table if not exists {schema}.store (
    id uuid not null,
    version bigint not null,
    version_id uuid not null,
    schema_version int not null,
    key_check bytea not null,
    open bool not null
);
create unique index if not exists one_store on {schema}.store ((true));

create table if not exists {schema}.entries (
    key text primary key,
    kind text not null,
    entry bytea not null,
    key_id text not null,
    expires_at timestamptz,
    generation uuid not null,
    position bigint generated always as identity
);
-- Not by time: a renewal that changes no indexed column leaves the indexes alone.
create index if not exists pending_entries on {schema}.entries (key) where kind = 'pending';
create index if not exists entries_by_key_id on {schema}.entries (key_id);

create table if not exists {schema}.records (
    kind text not null,
    key text not null,
    record bytea not null,
    key_id text not null,
    primary key (kind, key)
);
create index if not exists records_by_key_id on {schema}.records (key_id);

create table if not exists {schema}.leases (
    name text primary key,
    holder uuid not null,
    until timestamptz not null,
    posted_at timestamptz
);

create table if not exists {schema}.commits (
    token uuid primary key,
    at timestamptz not null
);
create index if not exists commits_by_age on {schema}.commits (at);
insert into {schema}.store (id, version, version_id, schema_version, key_check, open) values ('907934b637494e32bd1d40306f1da21b'::uuid, 2, 'ff2f713850b14dce9e42fa3f971f649e'::uuid, 1, '\x7b2272656c6561736564223a20226e37475161505959376570634f6b58397948424e6f48567455654c73653438424778736d503144505545546d742f457a64327a39227d'::bytea, true);
insert into {schema}.entries (key, kind, entry, key_id, expires_at, generation) values ('lab', 'token', '\x4457e8ece4fdc900b101b89912d2d303ad87c2394e5fa82e8107b8a597854b54e3bd6a778a10803c70b946eeb100513921b8d2ddf12aa4865cb9397b1b5628068244767a60c0a6332d8a9a49cf684060f3f644da31314c8db20181460b3ca955f737697c55b3238c2fca3ebb2180282c1eb90ffa95eb42934fee110f4b8c71f1a43ff518fb31bf70a929f842d45456c9413bf041c4dd681253db0a085d22dddca7c3dd5cac8ad05892ed64886ca2a4304081250b4fe3606c261d24962478eebcd0767531a930f7b348c165627b87f47f648d381770d54414e1f5072d70'::bytea, 'released', '2027-01-15 09:00:00+00:00'::timestamptz, 'c646ee5f2f294feb805113d2f17a44b0'::uuid);
insert into {schema}.entries (key, kind, entry, key_id, expires_at, generation) values ('codex@work', 'token', '\x68e4dfbefffd4a12073bf073ac1b5ad2318e9c7b9f3f19a8f2578bddc6fa7745c82fe867118650fa8194b7d2288307cbc35aaf9fa2e52d6a6acd268ee9304eaab2638596a7fee49d75f38e18963b7e8ce93cdf12e8bacc434056a502eda8cbef4dc34d9968221af468be70875c3aac35342f6feedcccf878a0b249fc33c5b9c1b94c0533ba25b471165cfa7b906d964a062aae286b6990fc6d92ffcd323e5c674fdc9b0a7de178d112ce0659305f84a09f5de6bf7069637ec1b1d7b35705e6e6622ef2eba291ee'::bytea, 'released', '2027-01-15 09:00:00+00:00'::timestamptz, 'b10a58e0758e4dfe94ea72aeaef9e567'::uuid);
insert into {schema}.entries (key, kind, entry, key_id, expires_at, generation) values ('kimi', 'token', '\x787481855c49cde39c2ec20627045c8bdccb76f1c091d1fdf64d05d74b19b6c2d5453571d54640123dab9cf87bbaddb4201b4e9b09712e48a2fe06afa86103d71b388c56965e86fd1a645f01827500107e22538e871b11a6f308c16263d1bee3d1bb32f27f0c4bc5fe2aa7a63fadaf4eba977db6ba65865c85a92eaba698b6554fb2650c7767867726876e7da84ed49e05f5074c275982cdce007e5719fac0837af0116d1f85cae4'::bytea, 'released', '2027-01-15 09:00:00+00:00'::timestamptz, '3acd89051eec4dee88baa7fa842aa448'::uuid);
insert into {schema}.entries (key, kind, entry, key_id, expires_at, generation) values ('mcp:linear', 'mcp', '\x163394fa039d6708066a836ef95ee88a10ea247920b1859116708f0fdaaa2ec6612ca05957f005c22c8feacdafcf2444d9169a51ee6f1a53f07dcefb8f12d54759f6a0bce34741a25e4e7df127b65c1b5e6ca4037bf179b46b7b00b3fa3e6df12e626479ad7e3bf130a2dfff3f05d94dcbc3d881b4df684d32c528005e8826b918c36a2a17ca8b33aa0d4b95f0734577af9ac23c5bc61bf74d3dd36004fe8b37ebc1c9252d215acfdd22c01f7f0409f4ec83b57496496506fab7fdb4ba5b18a35a6607ceefd74bac96ae4067f8667d353ad11936ee9e4158436c82bc42f793f35ae9e11347d48d37a5dad15d6bfb8b8fb49e0dee0e182343a270bc4306a03a61c13779ee60f35ce2d3d34b5987e35c39f24c7f442720f1c84327b66a7239144e8a3347ec52b585bbeb4cec34e4ee2260947568271cc64d4564cf5f009ba601515f8e08968b07a4567898e632b6f34d4a0888400428421831367b0fd9d3e6e9b5cf60bb8888473a9440315e8fa6664f83c9f652f9'::bytea, 'released', '2027-01-15 09:00:00+00:00'::timestamptz, 'c6d990c60ff9418e992b96123f3b919a'::uuid);
insert into {schema}.entries (key, kind, entry, key_id, expires_at, generation) values ('pending:codex:7', 'pending', '\xc32abec6edeabeddd6bd771699ca8fbc23e5204198fed45099b53afe8d23921c2ac2430518e67cb7177c0c51708c98e618d74829ead0dc1e927a2c1453a7459aaac5e33e64d13723314a2f02ff1e61c127a6b7e72850a4b233d2082710f16dfa38841327a549230426605ed86e81c11c3968b2643479db7cccbf83bb2f77307ed7b382f8939c8d2c12a26fdb839a76f45423eccc6272ca2f'::bytea, 'released', '2027-01-15 08:15:00+00:00'::timestamptz, '1d0dd39a486744598e967534bc0a7e4f'::uuid);
insert into {schema}.records (kind, key, record, key_id) values ('notes', 'lab', '\x926515b23a1fd755a436bc1e56f752ef0764b5e325b6ddeef0fb724add8cabd566bcb56abab18dacbe691a9a3f10ddd2c2a80b993f65c1e0808fa433cff9159a4214407ad9ba515b0457dae04b9066eca42e6c6cf84fa886ab194b95b9ac8e1bb4cbe23f5eb82c49270bc3732f2bc317a8dba494e3f10af8a2a0807f075481ec171ed034bd357d8636b2598fc4b73536d35f7481e3309159ef2a7ee76af134dbb235039893a344de38ec97b1fa47aea71f1e2907f713007413b0ab0d1fe0518cc6d06da8510de6e78b18684784514c9578bafa9c7210a378edc7f7e109c93483d244903252db8b13c09065f3ed6c0a5f94d6b8923eeb1fde2a2b67b5717254a759c860ce44c69ce91de2c55ffdff3bac5a103c6112b33ba0793998b82a37822ae245a15482dfd8707cdde072253cd5e4fc5cacf0b65a60dafa68723352bdff1f1d4c2c75e03007148cda6eec1d9aa0f2dc36787f582b6260c0f4e3bbd6ee65596272e801e82f6b0983c3c25793b9ce0cc8ab474c00f3569c17bebc2f9622293c0623049405ebf5bdda5560edc56f9a9c2f0d97b2675e4f960e15aebcab96a1ce8c57a2c424bbdd9e86e4c7b388009bacebc597654018a6f03dcc0e957569f4980792c08e80867e94e601f736eaeeb85de1b52984a0d9f245ad8cf738e104925299611642e04c890c7b1a97f2d1d9069e2c23e2fd348a09f92c27322bcc37a4c9efa8e4d1b88f7f6def402c0d5a94bc049f598c6822b98b8faf978b7dd33b44ab609b82b88afd29608793264260daed3c4f1543325b1ce8922b17c1a4f1b49c3fa5d4c93c0ccb9faf6a07512fa3ae11e5d9bf860006bd04e87c8cef19c516133d4ed96125041e58df493096fa29d7deb4bafb'::bytea, 'released');
insert into {schema}.records (kind, key, record, key_id) values ('notes', 'kimi', '\x06b7ccab46e051e647d3a470760ab11e85b31f78edaaf9f0ae40822be901bdd6a2dd61650c7f96d98c1242cfb9c57d33d6d133ae50fd593842d99831c5368c2fd409e29d7ed50d050a703792374357b106b70af90b33a0395d51fa0a5c3cd659ac0937c9adfa4e4b51bbc4b1ff6c7227a35176c29e47eb586214f8c397dfd8027e42e9fd2866da4476479fe119a7419c43895ca8c03f778b3a5739b75a094e50da9a052e579adeb2ea0da83f57c336435f0e832e2dc0e80ae30aa8e90b98df3241553a40b115733e92782ad5033081f838f0954177268419ce28fcd80fa6bfa8c00ddc948e82a0effc841a64d4f5d9d4e89b9f8a3670f6c3486a1217a1188a53058d99662daa89f5bef88f4c9300fe465ba005603ae43bc7b822cf8b98fd210ab1c0e529620616e6a3302bd0fec97c31e2eee045728690cd00187f6ce62d5fb9ab6944b581c0041e835730fc6bc04f46192cb7dd25ace52c3a322d3fe68fcead1294d6108c183e7a4144df8e676d183163d9'::bytea, 'released');
insert into {schema}.records (kind, key, record, key_id) values ('clients', 'mcp:linear', '\xcee8a0e310cabac2ec291d3f80a7e9d20af9d453ca01632f8eceb87f63b801283accf4683f079da0e7b86d71c5b4e1b544aa13538b4ad7c3236f432aa2185b74fa813728b62a982fcc1fa38727787f4a66e193aacd8808ed74c72067169836915c211f6e036ebf487da915e4b0852b2997bdc5ffad80d89814f40c51452a93eb112fd9b588ceda7b588d54778c'::bytea, 'released');
insert into {schema}.records (kind, key, record, key_id) values ('servers', 'linear', '\x529138560e09c12958439f4d1ee51e599a7aecfeffb5258fe8d39a9c0b03cfc93bb4ce25c8f032b6c4b43e6af4aef67ecbebaf5c6535046c8c2247e12fc6c6f5638322f3b16360eaf15cdb59b564fcbf4fd87259f906436fd30ad56061e0d672928f92d532'::bytea, 'released');
insert into {schema}.records (kind, key, record, key_id) values ('facts', 'lab', '\xfde242784efa64d9a128e2335ed3756b658f28f8937600b38b6ac075fa7c14c256bb67ec6fddd46face40f55f1f03357591c6b3d46737f918cce147d5fb3fe170a0e89a8cd26df38d3a52ca96f153490b6493e75dd2f9e5b6726415fe2a24b8cea588f9cdfd0fd565009b0e0961557975e6a1ae94333edb802dc2bd171c5dc9c4f7023148fc7dd7e303851e32c0607e2f07faa4de7e269357c71d47951'::bytea, 'released');
insert into {schema}.records (kind, key, record, key_id) values ('threads', 'policy:1', '\x95673b343be45a8b5c4747559a38e388009007b3eb7411930e133d67b66d6634be019f93a455eaa3cc2b5a4d7770ca1bd1df975ca325bbc7c54ef9d23109f5894e2aaae30c9a4302edbe9a7e3739e7c9a1ad92da7d450e4d3e04db19ef7c250303b9463891ece02ce51996d3'::bytea, 'released');
insert into {schema}.records (kind, key, record, key_id) values ('threads', 'thread:9', '\x4bda4960cc5bbacb66387bfb06674d39c074349831a6780875adb03b0ce2d2b40fe9a3ee8e85044e3b54bcbd5eb096844cabbc96df413b76052a3b2761f6177a3012a677ce9134f9c237f6817d34912f90e1fa'::bytea, 'released');
insert into {schema}.records (kind, key, record, key_id) values ('threads', 'choice:9', '\x5e01ba25a37a9aa5f19832348964afaa7d19bc93a9c6197dfbdc5ae8d0c435672795dfd19f2c59c81b3a1112d068230b7103b4816c78f9e358'::bytea, 'released');
insert into {schema}.records (kind, key, record, key_id) values ('threads', 'agreement:7', '\x6d7058687e49d69d5fc3a6f80d31ea6c83844bcfc740c1902052bc8267247e9b2b65b55fce555cb8c3989c3c24ebf4fc6d6d1d987083c0aa942fa6cc5f'::bytea, 'released');
insert into {schema}.records (kind, key, record, key_id) values ('requests', '9:codex', '\x0efda048d608f6691577514989d182e7110aeff680d22a3fc00fc1b9887154bde0548f4ba32e7bdce328db73117c041477b43b8bb3342e1352153ae7a5ec59638323d46b559ff40c49e9479500735ab6283c66b431cf2bfdd33649e50a9545cee213a739038a3665d89a8279e9d20e242b6140c64b136ab1c65cf35bcfe056e837dd59610a9c5bca61436b67e8184296804e3183b9ed98e5f364f2d75f306c63f073a3b7774d3b8ef26a734edb82851929cb86e44880ae39b237bec8b7d122e0995e4c890da0c51e95015acfc05a73ec928832985a827757f4beb9333bd2c737237ba7267487121f38'::bytea, 'released');
insert into {schema}.records (kind, key, record, key_id) values ('requests', 'limit:codex', '\x886699cdcf8d0e16ae192f962615e0b0b111f83bd7516e522ed0e8d4ae1b7016b3d5dc58a29bffcdf1929e5d1a1b58a487bb417c2683ff7a3c968fa4a2eae93b2b4ff6'::bytea, 'released');
insert into {schema}.records (kind, key, record, key_id) values ('keys', 'ci', '\x0b05a0df95021ddb3092917a8c1c25997dd7c46efe37b30cfbee08e125e79a07224c56830d322de65c8741b043556ed0acd442d6b8035f6dcaee5a3d93de2b30dae803b7cfbc35848797edcff7bad7350f88d13fda67f2f77c6a98096c6b22acf2f13a7b5232581f2f591e6da5f5f4d6cee2b71511904c5755488ecf923413f970977297d6f4793588fdd83908c50eae3b29fbf6a6a26ab732dfd19d4c0fdc9da649d8f8008da74b77c4a7c24261da24ab812078a438d3bdd1fbd1fd8a0bb5a889'::bytea, 'released');
insert into {schema}.commits (token, at) values ('ff2f713850b14dce9e42fa3f971f649e'::uuid, '2026-11-27 22:01:34.335189+00:00'::timestamptz);
