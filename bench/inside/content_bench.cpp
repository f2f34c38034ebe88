// The tree over a file's bytes, and finding names.

#include "relay_scene.hpp"

#include "mogshare/content/hash_tree.hpp"
#include "mogshare/content/names.hpp"

#include <benchmark/benchmark.h>

#include <openssl/evp.h>

using namespace mogshare;
using namespace mogshare::bench;

namespace {

/// The yardstick of the machine: what OpenSSL makes of a leaf, which the tree cannot beat.
void openssl_sha256_of_leaf(benchmark::State& state) {
    const bytes leaf(limits::leaf_bytes, 1);
    digest out;
    for (auto _ : state) {
        EVP_Digest(leaf.data(), leaf.size(), out.value.data(), nullptr, EVP_sha256(), nullptr);
        benchmark::DoNotOptimize(out);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(leaf.size()));
}

void tree_of_file(benchmark::State& state) {
    const bytes data(64 * limits::MiB, 1);
    for (auto _ : state) {
        content::tree_hasher tree;
        for (std::size_t at = 0; at < data.size(); at += limits::MiB)
            tree.update(byte_view(data).subspan(at, limits::MiB));
        benchmark::DoNotOptimize(tree.finish());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(data.size()));
}

void verify_piece(benchmark::State& state) {
    const bytes data(limits::piece_bytes, 1);
    for (auto _ : state) benchmark::DoNotOptimize(content::piece_hash(data.size() * 2, 0, data));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(data.size()));
}

content::catalog catalog_of(std::size_t count) {
    content::catalog made;
    std::uint64_t number = 0;
    for (const std::string& name : some_names(count)) made.put(named_share(name, ++number));
    return made;
}

/// A word that nobody has costs a scan of every name; a common one stops at the most that are counted.
void find_words(benchmark::State& state, const char* query) {
    const content::catalog all = catalog_of(10'000);
    const auto words = content::words_of(query);
    std::size_t found =
        all.with_words(words, limits::matches_counted_max).size();  // the text that is scanned is made now
    for (auto _ : state) benchmark::DoNotOptimize(found = all.with_words(words, limits::matches_counted_max).size());
    state.SetItemsProcessed(state.iterations());
    state.counters["found"] = static_cast<double>(found);
}

void find_exact(benchmark::State& state) {
    const content::catalog all = catalog_of(10'000);
    const std::string name = all.all()[5'000]->path;
    for (auto _ : state) benchmark::DoNotOptimize(all.exact(name, limits::matches_counted_max));
    state.SetItemsProcessed(state.iterations());
}

}  // namespace

BENCHMARK(openssl_sha256_of_leaf);
BENCHMARK(tree_of_file);
BENCHMARK(verify_piece);
BENCHMARK_CAPTURE(find_words, nothing, "nobodyhasthis");
BENCHMARK_CAPTURE(find_words, common, "winter");
BENCHMARK_CAPTURE(find_words, two_common_and_nothing, "sketches winter nobodyhasthis");
BENCHMARK_CAPTURE(find_words, common_but_never_together, "sketches 777");
BENCHMARK(find_exact);
