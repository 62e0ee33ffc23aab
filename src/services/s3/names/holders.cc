#include "services/s3/names/holders.h"

#include <algorithm>

#include "core/text.h"
#include "service/own_paths.h"

namespace tandem::s3 {
namespace {

/// A frozen region must not hold a client up for long.
constexpr std::chrono::milliseconds kPatience{1'500};
/// And not every client anew: who runs answers within this.
constexpr std::chrono::milliseconds kPatienceWithSilent{200};

}  // namespace

json::array to_json(const std::vector<NamedBucket>& buckets) {
  json::array all;
  all.reserve(buckets.size());
  for (const NamedBucket& bucket : buckets) {
    all.push_back(
        {{"Name", bucket.name}, {"Region", bucket.region}, {"CreationDate", bucket.created_s}});
  }
  return all;
}

std::optional<json::object> object_in(std::string_view text) {
  const auto parsed = json::parse_text(text);
  if (!parsed || !parsed.value().is_object()) return std::nullopt;
  return parsed.value().as_object();
}

std::optional<std::vector<NamedBucket>> buckets_in(std::string_view text) {
  const auto document = object_in(text);
  const auto* listed = document ? json::find_array(*document, "Buckets") : nullptr;
  if (listed == nullptr) return std::nullopt;
  std::vector<NamedBucket> all;
  for (const json::value& one : *listed) {
    if (!one.is_object()) return std::nullopt;
    const json::object& bucket = one.as_object();
    all.push_back({json::string_or(bucket, "Name"), json::string_or(bucket, "Region"),
                   json::int_or(bucket, "CreationDate", 0)});
  }
  return all;
}

Task<std::optional<net::HttpResponse>> Questions::ask(net::HttpTarget target,
                                                      std::chrono::milliseconds patience,
                                                      std::string method, std::string path,
                                                      std::string body) {
  net::HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(path);
  request.body = std::move(body);
  service::sign_own_path(request, target.address, config_.credentials, clock_.now_s());
  const std::string address = target.address;
  if (silent_->contains(address)) patience = std::min(patience, kPatienceWithSilent);
  std::optional<net::HttpResponse> answer;
  try {
    // Each of them says what is to be, and may be said twice.
    answer = co_await client_.send(std::move(target), std::move(request), patience,
                                   net::HttpClient::Repeat::kYes);
    silent_->erase(address);
  } catch (const net::NetError& error) {
    using Kind = net::NetError::Kind;
    // Whoever is dead says so at once.
    const bool silent = error.kind == Kind::kTimeout || error.kind == Kind::kConnectTimeout;
    if (silent) silent_->insert(address);
  }
  co_return answer;
}

std::vector<std::string> RegionHolders::regions() const {
  std::vector<std::string> names;
  for (const service::RegionAddress& region : questions_.config().regions) {
    names.push_back(region.name);
  }
  return names;
}

Task<std::optional<net::HttpResponse>> RegionHolders::get(std::string region, std::string path) {
  const service::RegionAddress* at = questions_.config().find_region(region);
  if (at == nullptr) co_return std::nullopt;
  net::HttpTarget target{.address = at->address, .port = questions_.config().ports.http};
  auto answer = co_await questions_.ask(std::move(target), kPatience, "GET", std::move(path));
  co_return answer;
}

Task<std::optional<BucketHolders::Answer>> RegionHolders::ask(std::string region,
                                                              std::string bucket) {
  const auto answer =
      co_await get(std::move(region), "/_tandem/buckets/" + core::percent_encode(bucket));
  if (!answer) co_return std::nullopt;
  if (answer->status == 404) co_return Answer{};
  const auto document = object_in(answer->body);
  if (answer->status != 200 || !document) co_return std::nullopt;
  const bool made = json::string_or(*document, "State") == "Made";
  co_return Answer{.has = made ? Answer::Has::kYes : Answer::Has::kMakes,
                   .created_s = json::int_or(*document, "CreationDate", 0)};
}

Task<std::optional<std::vector<NamedBucket>>> RegionHolders::list(std::string region) {
  const auto answer = co_await get(std::move(region), "/_tandem/buckets");
  if (!answer || answer->status != 200) co_return std::nullopt;
  co_return buckets_in(answer->body);
}

}  // namespace tandem::s3
