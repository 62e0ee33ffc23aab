#include "service/identity_feed.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <set>

#include "core/ids.h"
#include "store/store.h"

namespace tandem::service {

IdentityFeed::IdentityFeed(std::vector<IdentityKind> kinds, core::Random& random)
    : kinds_(std::move(kinds)), random_(random), id_(core::uuid4(random)) {
  std::ranges::sort(kinds_, {}, &IdentityKind::name);
}

void IdentityFeed::changed(std::string_view kind, std::string_view id) {
  ++version_;
  log_.push_back(std::string(kind) + '/' + std::string(id));
  if (log_.size() > kRemembered) log_.pop_front();
  wake();
}

void IdentityFeed::restart() {
  id_ = core::uuid4(random_);
  version_ = 0;
  log_.clear();
  wake();
}

void IdentityFeed::wake() {
  for (core::Timer* waiting : waiting_) waiting->cancel();
}

void IdentityFeed::close() {
  closed_ = true;
  wake();
}

json::object IdentityFeed::position() const { return {{"Feed", id_}, {"Version", version_}}; }

std::optional<json::object> IdentityFeed::news(const json::object& asked) const {
  const std::int64_t version = json::int_or(asked, "Version", -1);
  const std::int64_t oldest = version_ - static_cast<std::int64_t>(log_.size());
  const bool known =
      json::string_or(asked, "Feed") == id_ && version >= oldest && version <= version_;
  if (!known) return page(version_, "");
  // What changes while the pages are read, the region asks for after the last of them.
  if (auto after = json::find_string(asked, "After")) return page(version, std::move(*after));
  if (version == version_) return std::nullopt;
  return changes_since(version);
}

json::object IdentityFeed::page(std::int64_t version, std::string after) const {
  json::array records;
  std::string last;
  for (const IdentityKind& kind : kinds_) {
    const std::string start = kind.name + '/';
    if (after >= store::prefix_end(start)) continue;
    const std::string from = after.starts_with(start) ? after.substr(start.size()) : "";
    for (auto& [id, record] : kind.list(from, kPage - records.size())) {
      last = start + id;
      records.push_back({{"Name", last}, {"Record", std::move(record)}});
    }
    if (records.size() == kPage) break;
  }
  json::object answer{{"Feed", id_}, {"Version", version}, {"From", after}};
  if (records.size() == kPage) answer["Next"] = last;
  answer["Records"] = std::move(records);
  return answer;
}

json::object IdentityFeed::told(std::string_view name) const {
  json::object told{{"Name", name}};
  const auto slash = name.find('/');
  const auto kind = std::ranges::find(kinds_, name.substr(0, slash), &IdentityKind::name);
  if (kind == kinds_.end()) return told;
  if (auto record = kind->find(name.substr(slash + 1))) told["Record"] = std::move(*record);
  return told;
}

json::object IdentityFeed::changes_since(std::int64_t version) const {
  const auto skipped = log_.size() - static_cast<std::size_t>(version_ - version);
  const std::size_t count = std::min(kPage, log_.size() - skipped);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < count; ++i) names.insert(log_[skipped + i]);
  // As they are now, which may be later than this version: then they are told again.
  json::array records;
  for (const std::string_view name : names) records.push_back(told(name));
  return {{"Feed", id_},
          {"Version", version + static_cast<std::int64_t>(count)},
          {"Since", version},
          {"Records", std::move(records)}};
}

Task<json::object> IdentityFeed::wait_for_news(json::object asked) {
  struct Place {
    Place(std::list<core::Timer*>& of, core::Timer& timer)
        : list(of), at(of.insert(of.end(), &timer)) {}
    ~Place() { list.erase(at); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    std::list<core::Timer*>& list;
    std::list<core::Timer*>::iterator at;
  };
  core::Timer timer(co_await asio::this_coro::executor);
  timer.expires_after(kPatience);
  const Place place(waiting_, timer);
  for (;;) {
    auto found = news(asked);
    if (found) co_return std::move(*found);
    if (closed_ || timer.expiry() <= core::TimerClock::now()) break;
    boost::system::error_code woken;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  json::object nothing = position();
  nothing["Since"] = version_;
  nothing["Records"] = json::array();
  co_return nothing;
}

namespace {

Task<net::HttpResponse> answer(IdentityFeed* feed, net::HttpRequest request) {
  const auto asked = json::parse_text(request.body);
  if (!asked || !asked.value().is_object()) {
    co_return message_answer(400, "The body is no JSON object");
  }
  std::string failed;
  try {
    const json::object news = co_await feed->wait_for_news(asked.value().as_object());
    co_return json_answer(200, news);
  } catch (const store::StoreError& error) {
    failed = error.message;
  }
  co_return message_answer(503, failed);
}

Task<net::HttpResponse> show(const IdentityFeed* feed) {
  co_return json_answer(200, feed->position());
}

}  // namespace

std::vector<TandemEndpoints::Row> IdentityFeed::rows() {
  return {{"GET", "/_tandem/identities",
           [this](const net::HttpRequest&, const std::string&) { return show(this); }},
          {"POST", "/_tandem/identities", [this](net::HttpRequest request, const std::string&) {
             return answer(this, std::move(request));
           }}};
}

}  // namespace tandem::service
