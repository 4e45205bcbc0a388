# One image for web, workers and the one-time jobs. Build: docker build -t anjuan .
FROM node:22-slim AS pages
WORKDIR /assets
COPY assets/package.json assets/package-lock.json assets/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY assets ./
RUN npm run build

FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    ANJUAN_MODE=production ANJUAN_DATA=/var/lib/anjuan DJANGO_SETTINGS_MODULE=config.settings
WORKDIR /app
COPY config/__init__.py config/__init__.py
COPY config/stack/__init__.py config/stack/tools.py config/stack/
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        $(python -c "from config.stack.tools import PACKAGES; print(*PACKAGES)") \
    && rm -rf /var/lib/apt/lists/*
COPY . .
COPY --from=pages /assets/dist assets/dist
RUN pip install -c constraints.txt -e . && python -m config.messages \
    && useradd --system --uid 10001 anjuan && install -d -o anjuan -g anjuan /var/lib/anjuan
USER anjuan
VOLUME /var/lib/anjuan
EXPOSE 8000
ENTRYPOINT ["anjuan"]
CMD ["help"]
