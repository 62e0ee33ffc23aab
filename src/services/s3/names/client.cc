#include "services/s3/names/client.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/text.h"
#include "services/s3/errors.h"

namespace tandem::s3 {
namespace {

using Has = BucketHolders::Answer::Has;

/// Longer than global waits for a region that it has to ask for the answer.
constexpr std::chrono::milliseconds kPatienceWithGlobal{5'000};

/// A copy's client waits longer than this for its answer, and a region that is frozen in the middle
/// of an object gives none.
constexpr std::chrono::milliseconds kPatienceWithSource{5'000};

/// What global refuses it says in a document; what it does not answer at all in none.
aws::ApiError refusal(const std::optional<net::HttpResponse>& answer) {
  std::string why = "global, which keeps the names of all buckets, does not answer";
  if (answer) {
    why = json::string_or(object_in(answer->body).value_or(json::object()), "message",
                          fmt::format("global answered {}", answer->status));
  }
  return {503, "ServiceUnavailable", std::move(why)};
}

bool has_status(const std::optional<net::HttpResponse>& answer, int status) {
  return answer && answer->status == status;
}

}  // namespace

Task<std::optional<net::HttpResponse>> NamesOfOthers::ask_global(std::string method,
                                                                 std::string path,
                                                                 std::string body) {
  const service::Config& config = questions_.config();
  net::HttpTarget target{.address = config.global_address, .port = config.ports.endpoint};
  auto answer = co_await questions_.ask(std::move(target), kPatienceWithGlobal, std::move(method),
                                        std::move(path), std::move(body));
  co_return answer;
}

std::string NamesOfOthers::path_of(std::string_view bucket) const {
  return fmt::format("/_tandem/bucket-names/{}/{}", own_, core::percent_encode(bucket));
}

Task<std::optional<std::string>> NamesOfOthers::find(std::string bucket) {
  if (questions_.config().regions.size() == 1) co_return std::nullopt;
  const auto answer = co_await ask_global("GET", path_of(bucket));
  if (has_status(answer, 404)) co_return std::nullopt;
  const auto document = has_status(answer, 200) ? object_in(answer->body) : std::nullopt;
  if (document) co_return json::find_string(*document, "Region");
  // global cannot be asked, or knows no more than those whom it could ask.
  auto found = co_await find_among_others(std::move(bucket));
  co_return found;
}

Task<std::optional<std::string>> NamesOfOthers::find_among_others(std::string bucket) {
  std::string silent;
  for (const std::string& region : holders_.regions()) {
    if (region == own_) continue;
    const auto answer = co_await holders_.ask(region, bucket);
    if (answer && answer->has == Has::kYes) co_return region;
    if (!answer) silent = region;
  }
  if (!silent.empty()) throw errors::names_unknown(bucket, silent);
  co_return std::nullopt;
}

Task<std::vector<NamedBucket>> NamesOfOthers::list() {
  if (questions_.config().regions.size() == 1) co_return std::vector<NamedBucket>();
  const auto answer = co_await ask_global("GET", "/_tandem/bucket-names");
  auto listed = has_status(answer, 200) ? buckets_in(answer->body) : std::nullopt;
  if (!listed) listed = co_await list_of_others();
  std::erase_if(*listed, [this](const NamedBucket& bucket) { return bucket.region == own_; });
  co_return std::move(*listed);
}

Task<std::vector<NamedBucket>> NamesOfOthers::list_of_others() {
  std::vector<NamedBucket> all;
  for (const std::string& region : holders_.regions()) {
    if (region == own_) continue;
    const auto listed = co_await holders_.list(region);
    if (!listed) throw errors::names_unknown("", region);
    all.insert(all.end(), listed->begin(), listed->end());
  }
  co_return all;
}

Task<std::optional<std::string>> NamesOfOthers::claim(std::string bucket, std::int64_t created_s) {
  if (is_service_(bucket)) throw errors::bucket_already_exists(bucket);
  std::string body = json::to_text(json::object{{"CreationDate", created_s}});
  const auto answer = co_await ask_global("PUT", path_of(bucket), std::move(body));
  const auto document = has_status(answer, 200) ? object_in(answer->body) : std::nullopt;
  if (!document) throw refusal(answer);
  std::string owner = json::string_or(*document, "Region", own_);
  if (owner == own_) co_return std::nullopt;
  co_return owner;
}

Task<void> NamesOfOthers::release(std::string bucket) {
  co_await ask_global("DELETE", path_of(bucket));
}

Task<void> NamesOfOthers::create(std::string region, json::object input) {
  aws::ApiCall call{.region = std::move(region),
                    .service = "s3",
                    .operation = "CreateBucket",
                    .input = std::move(input),
                    .payload = ""};
  co_await regions_.call(std::move(call));
}

Task<FarObject> NamesOfOthers::get(std::string region, json::object input) {
  aws::ApiCall call{.region = std::move(region),
                    .service = "s3",
                    .operation = "GetObject",
                    .input = std::move(input),
                    .payload = ""};
  service::RemoteApi::Streamed answer =
      co_await regions_.stream(std::move(call), kPatienceWithSource);
  co_return FarObject{std::move(answer.result.output), std::move(answer.result.payload),
                      std::move(answer.source)};
}

}  // namespace tandem::s3
