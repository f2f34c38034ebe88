// R10, C2: what the hash tree says of files of any size, beside a naive tree; that honest proofs hold, and that no forged one is
// believed for other bytes.

#include "bytes/reader.hpp"
#include "property/naive_tree.hpp"

#include "mogshare/base/random.hpp"

using namespace mogshare;
using namespace mogshare::fuzz;
using limits::leaf_bytes;
using limits::piece_bytes;

namespace {

constexpr std::array<std::size_t, 5> chunks{7'000, leaf_bytes - 1, leaf_bytes, leaf_bytes + 1, 100'000};
constexpr std::size_t file_bytes_max = 2 * piece_bytes + 3 * leaf_bytes;

/// The file of `size` bytes is the beginning of these.
const bytes& material() {
    static const bytes made = [] {
        bytes all(file_bytes_max + 1);
        random_source::from_number(1).fill(all);
        return all;
    }();
    return made;
}

/// Around the boundaries of the tree, mostly few leaves.
std::size_t size_of(reader& from) {
    const std::uint8_t how = from.byte();
    const std::size_t leaves = how % 64 == 63 ? 60 + from.below(72) : from.below(8);
    const std::size_t rest = how / 64 == 0 ? 0 : how / 64 == 1 ? 1 : from.below(leaf_bytes);
    return std::min(leaves * leaf_bytes + rest, file_bytes_max);
}

content::tree hashed(byte_view file, std::size_t chunk_bytes) {
    content::tree_hasher hasher;
    for (byte_view rest = file; !rest.empty();) {
        const byte_view chunk = rest.first(std::min(rest.size(), chunk_bytes));
        hasher.update(chunk);
        rest = rest.subspan(chunk.size());
    }
    return hasher.finish();
}

void check_tree(byte_view file, const content::tree& made) {
    require(made.size == file.size(), "a tree of another size");
    require(id_cast<digest>(made.root) == naive::tree_root(file), "another root than the naive tree's");
    const std::uint64_t pieces = content::piece_count(file.size());
    require(made.layer->size() == (pieces > 1 ? pieces : 0), "another number of piece hashes");
    if (pieces > 1) require(content::root_of_layer(file.size(), *made.layer) == made.root, "a layer of another root");
    for (std::uint64_t index = 0; index < pieces; ++index) {
        const byte_view data = file.subspan(index * piece_bytes, content::piece_size(file.size(), index));
        require(content::piece_hash(file.size(), index, data) == content::expected_piece(made.root, *made.layer, index),
                "a piece that is not in the layer");
    }
}

struct claim {
    content_id root;
    std::uint64_t size = 0;
    content::leaf_range range;
    bytes data;
    std::vector<digest> proof;

    bool believed() const { return content::verify_range(root, size, range, data, proof); }
};

byte_view part_of(byte_view file, content::leaf_range range) {
    const std::uint64_t begin = std::min<std::uint64_t>(range.first * leaf_bytes, file.size());
    return file.subspan(begin, std::min<std::uint64_t>(range.count * leaf_bytes, file.size() - begin));
}

claim honest(reader& from, byte_view file, const content::tree& made) {
    claim told{made.root, made.size, {}, {}, {}};
    const std::uint64_t leaves = content::leaf_count(file.size());
    const std::uint64_t offset = from.below(leaves) * leaf_bytes;
    told.range = content::leaves_of(file.size(), offset, 1 + from.below(70 * leaf_bytes));
    const byte_view data = part_of(file, told.range);
    told.data.assign(data.begin(), data.end());
    const std::uint64_t first = told.range.first / limits::piece_leaves;
    const std::uint64_t end = (told.range.first + told.range.count - 1) / limits::piece_leaves + 1;
    const byte_view covered = part_of(file, {first * limits::piece_leaves, (end - first) * limits::piece_leaves});
    told.proof = content::range_proof(made.size, *made.layer, told.range, content::leaf_hashes(covered));
    return told;
}

void forge_proof(reader& from, std::vector<digest>& proof, const digest& other) {
    const std::uint8_t how = from.byte();
    const auto place = static_cast<std::ptrdiff_t>(from.below(proof.size() + 1));
    if (how % 4 == 0 || proof.empty()) {
        proof.insert(proof.begin() + place, how % 8 == 0 ? other : digest{});
    } else if (how % 4 == 1) {
        proof.erase(proof.begin() + place % std::ssize(proof));
    } else if (how % 4 == 2) {
        proof[static_cast<std::size_t>(place) % proof.size()].value[from.below(id_bytes)] ^= from.byte();
    } else {
        std::swap(proof.front(), proof[static_cast<std::size_t>(place) % proof.size()]);
    }
}

/// One lie or several. What is still believed is no lie.
void check_forged(reader& from, byte_view file, const claim& truth) {
    claim lie = truth;
    for (std::uint8_t lies = 1 + from.byte() % 3; lies > 0; --lies) {
        switch (from.below(5)) {
            case 0: forge_proof(from, lie.proof, id_cast<digest>(lie.root)); break;
            case 1: lie.data[from.below(lie.data.size())] ^= from.byte(); break;
            case 2: lie.data.resize(std::max<std::size_t>(from.below(lie.data.size() + leaf_bytes), 1)); break;
            case 3: lie.range.first = from.flag() ? from.below(140) : from.number<std::uint64_t>(); break;
            default: lie.range.count = from.flag() ? from.below(140) : from.number<std::uint64_t>(); break;
        }
    }
    if (!lie.believed()) return;
    require(std::ranges::equal(lie.data, part_of(file, lie.range)),
            "a proof believed for bytes that are not the file's");
    require(lie.range.count == truth.range.count && lie.range.first == truth.range.first && lie.proof == truth.proof,
            "a proof of another shape believed");
}

/// Claims of whatever size end in a refusal.
void check_made_up(reader& from) {
    claim told;
    told.root.value.fill(1);
    told.size = from.flag() ? from.below(1 << 22) : from.number<std::uint64_t>();
    told.range = {from.flag() ? from.below(300) : from.number<std::uint64_t>(),
                  from.flag() ? from.below(300) : from.number<std::uint64_t>()};
    told.proof.resize(from.below(140));
    const std::uint64_t leaves = content::leaf_count(told.size);
    const byte_view data = byte_view(material()).first(std::min<std::uint64_t>(told.size, from.below(9 * leaf_bytes)));
    told.data.assign(data.begin(), data.end());
    if (from.flag() && leaves < 9) {  // of the right length, so that it comes to hashing
        told.range = {0, leaves};
        told.data.resize(told.size);
    }
    require(!told.believed(), "a claim about no file believed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    reader from(data, size);
    if (from.byte() % 8 == 0) {
        check_made_up(from);
        return 0;
    }
    const byte_view file = byte_view(material()).first(size_of(from));
    const content::tree made = hashed(file, from.pick(chunks));
    check_tree(file, made);
    if (file.empty()) {
        require(content::verify_range(made.root, 0, {}, {}, {}), "an empty file that is not one");
        return 0;
    }
    const claim truth = honest(from, file, made);
    require(truth.proof == naive::tree_proof(file, truth.range), "another proof than the naive tree's");
    require(truth.believed(), "an honest proof is refused");
    for (int tries = 0; tries < 4 && !from.empty(); ++tries) check_forged(from, file, truth);
    return 0;
}
