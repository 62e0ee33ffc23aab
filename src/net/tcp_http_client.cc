#include "net/tcp_http_client.h"

#include <algorithm>
#include <deque>
#include <map>
#include <openssl/ssl.h>
#include <tuple>
#include <variant>

#include "net/client_connection.h"
#include "net/openssl.h"

namespace tandem::net {
namespace {

using ConnectionPtr = std::shared_ptr<ClientConnection>;
using SteadyClock = core::TimerClock;

/// Connections are shared only by requests that would make the very same one.
using PoolKey = std::tuple<std::string, std::uint16_t, bool, std::string, HttpTarget::Verify>;

PoolKey key_of(const HttpTarget& target) {
  return {target.address, target.port, target.tls, target.server_name, target.verify};
}

void trust(SSL_CTX* context, const std::string& pem) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const X509Ptr& root : parse_certificates(pem)) {
    if (X509_STORE_add_cert(store, root.get()) != 1) throw TlsError("trusted certificate");
  }
}

}  // namespace

struct TcpHttpClient::State : std::enable_shared_from_this<State> {
  State(asio::any_io_executor at, Options given)
      : executor(std::move(at)),
        options(std::move(given)),
        tls(asio::ssl::context::tls_client),
        purge_timer(executor) {
    trust(tls.native_handle(), options.trusted_ca_pem);
  }

  ConnectionPtr take(const PoolKey& key);
  void give_back(const PoolKey& key, ConnectionPtr connection);
  void arm_purge();
  void purge();

  asio::any_io_executor executor;
  Options options;
  asio::ssl::context tls;
  std::map<PoolKey, std::deque<ConnectionPtr>> idle;  ///< oldest first
  core::Timer purge_timer;
  bool purging = false;
  bool closed = false;
};

ConnectionPtr TcpHttpClient::State::take(const PoolKey& key) {
  const auto pool = idle.find(key);
  if (pool == idle.end()) return nullptr;
  ConnectionPtr found;
  while (!pool->second.empty() && !found) {
    // The youngest is the least likely to have been closed.
    ConnectionPtr connection = std::move(pool->second.back());
    pool->second.pop_back();
    if (connection->quiet()) found = std::move(connection);
  }
  if (pool->second.empty()) idle.erase(pool);
  return found;
}

void TcpHttpClient::State::give_back(const PoolKey& key, ConnectionPtr connection) {
  if (closed || options.idle_per_target == 0) return;
  connection->idle_since = SteadyClock::now();
  auto& pool = idle[key];
  if (pool.size() >= options.idle_per_target) pool.pop_front();
  pool.push_back(std::move(connection));
  if (!purging) arm_purge();
}

void TcpHttpClient::State::arm_purge() {
  purging = true;
  purge_timer.expires_after(
      std::max<std::chrono::milliseconds>(options.idle_timeout / 2, std::chrono::milliseconds(10)));
  purge_timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!self) return;
    self->purging = false;
    if (!error) self->purge();
  });
}

void TcpHttpClient::State::purge() {
  const auto oldest = SteadyClock::now() - options.idle_timeout;
  for (auto entry = idle.begin(); entry != idle.end();) {
    auto& pool = entry->second;
    std::erase_if(pool, [&](const ConnectionPtr& connection) {
      return connection->idle_since <= oldest || !connection->quiet();
    });
    entry = pool.empty() ? idle.erase(entry) : std::next(entry);
  }
  if (!idle.empty()) arm_purge();
}

TcpHttpClient::TcpHttpClient(asio::any_io_executor executor, Options options)
    : state_(std::make_shared<State>(std::move(executor), std::move(options))) {}

TcpHttpClient::~TcpHttpClient() { close(); }

void TcpHttpClient::close() {
  state_->idle.clear();
  state_->purge_timer.cancel();
}

namespace {

bool repeatable(HttpClient::Repeat repeat, const std::string& method) {
  return repeat == HttpClient::Repeat::kYes ||
         (repeat == HttpClient::Repeat::kByMethod && is_idempotent(method));
}

/// One exchange over an open connection. A failure comes back as a value: what is thrown through
/// here is a cancellation.
Task<std::variant<HttpResponse, NetError>> try_exchange(ConnectionPtr connection,
                                                        const HttpRequest* request,
                                                        const HttpTarget* target,
                                                        std::size_t limit) {
  std::variant<HttpResponse, NetError> result;
  try {
    result = co_await connection->exchange(request, target, limit);
  } catch (const NetError& error) {
    NetError failed = error;
    failed.sent = connection->sent();
    result = std::move(failed);
  }
  connection->relax();
  co_return result;
}

}  // namespace

Task<HttpResponse> TcpHttpClient::exchange(HttpTarget target, HttpRequest request,
                                           std::chrono::milliseconds timeout, Repeat repeat) {
  const std::shared_ptr<State> state = state_;
  const auto begin = SteadyClock::now();
  const auto end = begin + timeout;
  const PoolKey key = key_of(target);
  if (ConnectionPtr pooled = state->take(key)) {
    pooled->expire_at(end);
    auto result = co_await try_exchange(pooled, &request, &target, state->options.response_bytes);
    if (auto* response = std::get_if<HttpResponse>(&result)) {
      if (pooled->reusable()) state->give_back(key, std::move(pooled));
      co_return std::move(*response);
    }
    // It was closed while the request was on its way. Any other failure is the answer, and so is
    // this one when the request may have been carried out and is not to happen twice.
    const NetError& failed = std::get<NetError>(result);
    if (failed.kind != NetError::Kind::kClosed || !pooled->unanswered()) throw failed;
    if (failed.sent && !repeatable(repeat, request.method)) throw failed;
  }
  const ConnectionPtr fresh = std::make_shared<ClientConnection>(state->executor);
  fresh->expire_at(std::min(end, SteadyClock::now() + state->options.connect_timeout));
  co_await fresh->connect(target, &state->tls);
  fresh->expire_at(end);
  auto result = co_await try_exchange(fresh, &request, &target, state->options.response_bytes);
  if (auto* failed = std::get_if<NetError>(&result)) throw *failed;
  if (fresh->reusable()) state->give_back(key, fresh);
  co_return std::move(std::get<HttpResponse>(result));
}

}  // namespace tandem::net
