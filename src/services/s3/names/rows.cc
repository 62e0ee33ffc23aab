#include "services/s3/names/rows.h"

#include "core/text.h"
#include "services/s3/names/holders.h"
#include "services/s3/service.h"
#include "store/store.h"

namespace tandem::s3 {
namespace {

using Row = service::TandemEndpoints::Row;
using service::json_answer;
using service::message_answer;

Task<net::HttpResponse> at_once(net::HttpResponse response) { co_return response; }

/// "us-west-2/some-bucket".
struct Asked {
  std::string region;
  std::string bucket;
};

Asked read_path(std::string_view rest) {
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return {};
  return {std::string(rest.substr(0, slash)), core::percent_decode(rest.substr(slash + 1))};
}

net::HttpResponse describe(const S3Service& service, std::string_view name) {
  if (const auto bucket = service.bucket(name)) {
    return json_answer(200, {{"State", "Made"}, {"CreationDate", bucket->created_s}});
  }
  if (service.makes_bucket(name)) return json_answer(200, {{"State", "Making"}});
  return message_answer(404, "There is no such bucket here");
}

Task<net::HttpResponse> find(BucketRegistry* registry, Asked asked) {
  const auto region = co_await registry->find(std::move(asked.region), std::move(asked.bucket));
  if (!region) co_return message_answer(404, "No other region has such a bucket");
  co_return json_answer(200, {{"Region", *region}});
}

Task<net::HttpResponse> claim(BucketRegistry* registry, Asked asked, std::int64_t created_s) {
  const std::string owner =
      co_await registry->claim(std::move(asked.region), std::move(asked.bucket), created_s);
  co_return json_answer(200, {{"Region", owner}});
}

Task<net::HttpResponse> release(BucketRegistry* registry, Asked asked) {
  co_await registry->release(std::move(asked.bucket));
  co_return json_answer(200, json::object());
}

Task<net::HttpResponse> list(BucketRegistry* registry) {
  const auto all = co_await registry->list();
  co_return json_answer(200, {{"Buckets", to_json(all)}});
}

/// What the registry cannot say is its asker's to say.
Task<net::HttpResponse> said(Task<net::HttpResponse> answering) {
  try {
    net::HttpResponse response = co_await std::move(answering);
    co_return response;
  } catch (const aws::ApiError& error) {
    co_return message_answer(error.status(), error.message());
  } catch (const store::StoreError& error) {
    co_return message_answer(503, error.message);
  }
}

}  // namespace

std::vector<Row> holder_rows(const S3Service& service) {
  return {
      {"GET", "/_tandem/buckets",
       [&service](const net::HttpRequest&, const std::string&) {
         return at_once(json_answer(200, {{"Buckets", to_json(service.buckets())}}));
       }},
      {"GET", "/_tandem/buckets/", [&service](const net::HttpRequest&, const std::string& rest) {
         return at_once(describe(service, core::percent_decode(rest)));
       }}};
}

std::vector<Row> registry_rows(BucketRegistry& registry) {
  constexpr std::string_view kPath = "/_tandem/bucket-names/";
  auto* const at = &registry;
  return {{"GET", "/_tandem/bucket-names",
           [at](const net::HttpRequest&, const std::string&) { return said(list(at)); }},
          {"GET", std::string(kPath),
           [at](const net::HttpRequest&, const std::string& rest) {
             return said(find(at, read_path(rest)));
           }},
          {"PUT", std::string(kPath),
           [at](const net::HttpRequest& request, const std::string& rest) {
             const auto document = object_in(request.body).value_or(json::object());
             return said(claim(at, read_path(rest), json::int_or(document, "CreationDate", 0)));
           }},
          {"DELETE", std::string(kPath), [at](const net::HttpRequest&, const std::string& rest) {
             return said(release(at, read_path(rest)));
           }}};
}

}  // namespace tandem::s3
